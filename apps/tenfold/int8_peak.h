// What the cores could do with 8-bit multiplications if nothing else had to be done: the ceiling of prefill.
#pragma once

#include "tenfold/status.h"

namespace tenfold::cli {

// Billions of operations a second (a multiplication and an addition are two) that n_threads threads reach together with
// nothing but dot products of registers. Takes about 30 ms.
Result<double> machine_int8_gops(int n_threads);

}  // namespace tenfold::cli
