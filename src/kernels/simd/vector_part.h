// The first n floats of a vector, which are all of them more often than not.
#pragma once

#include <stdint.h>

#include "kernels/simd/vectors.h"

namespace tenfold::kernels {
namespace {

[[gnu::always_inline]] inline F32 load_part(const float* p, int64_t n) {
  return n == kLanes ? load(p) : load_first(p, n);
}
[[gnu::always_inline]] inline void store_part(float* p, F32 v, int64_t n) {
  if (n == kLanes) return store(p, v);
  store_first(p, v, n);
}

}  // namespace
}  // namespace tenfold::kernels
