// What the numbers of SamplerOptions may be.
#pragma once

#include "tenfold/options.h"
#include "tenfold/status.h"

namespace tenfold {

// kInvalidArgument, naming the first option that is out of range, what is allowed and what was found. NaN never is.
Status validate_sampler_options(const SamplerOptions& options, int vocab_size);

}  // namespace tenfold
