// What the cores could do with 8-bit multiplications if memory were no limit: the ceiling of prefill.
#pragma once

#include "tenfold/status.h"

namespace tenfold::cli {

// Billions of operations a second (a multiplication and an addition are two) that n_threads threads reach together with
// the machine's own kernels on weights that stay in the first-level cache. Takes about 0.2 s.
Result<double> machine_int8_gops(int n_threads);

}  // namespace tenfold::cli
