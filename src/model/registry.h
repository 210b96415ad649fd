// Which architectures there are. The only place that compares a name.
#pragma once

#include <string_view>

#include "model/arch/architectures.h"

namespace tenfold {

// Errors: kUnsupported listing those that are known.
Result<const Architecture*> find_architecture(std::string_view name);

}  // namespace tenfold
