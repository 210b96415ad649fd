#include "kernels/dot_peak.h"

namespace tenfold::kernels::scalar {

namespace {

int64_t dot_products(int64_t n_rounds) noexcept {
  constexpr int kSums = 4;
  int sums[kSums] = {};
  int code = 1;
  for (int64_t round = 0; round < n_rounds; ++round) {
    for (int& sum : sums) {
      asm volatile("" : "+r"(code));  // else the compiler would multiply once
      sum += code * code;
    }
  }
  for (int& sum : sums) asm volatile("" : "+r"(sum));  // they are wanted
  return n_rounds * kSums * 2;
}

}  // namespace

constinit const DotPeakFn kDotPeak = dot_products;

}  // namespace tenfold::kernels::scalar
