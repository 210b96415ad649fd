// Nothing but dot products, all in registers: what the instruction set could do at most.
#pragma once

#include "kernels/simd/block_format.h"
#include "kernels/simd/vectors.h"

namespace tenfold::kernels {
namespace {

// From here on the compiler knows nothing of the value, so it can neither leave out what made it nor share it.
[[gnu::always_inline]] inline void hide(I32& v) { asm volatile("" : "+x"(v)); }

// As many sums as hide the latency of an instruction. Where products are added in 16 bits first, those need registers.
constexpr int kPeakSums = __is_empty(PartialDot) ? 12 : 5;

template <BlockFormat kFormat, int kVector = 0>
[[gnu::always_inline]] inline void add_peak_dots(I32& codes, const I32& elements, PartialDot (&partial)[kPeakSums],
                                                 I32 (&sums)[kPeakSums]) {
  if constexpr (kVector < 8) {
#pragma GCC unroll 16
    for (int s = 0; s < kPeakSums; ++s) {
      hide(codes);
      add_dot<kFormat, kVector, 8>(codes, elements, [] { return splat_int(0); }, partial[s], sums[s]);
    }
    add_peak_dots<kFormat, kVector + 1>(codes, elements, partial, sums);
  }
}

inline int64_t dot_products(int64_t n_rounds) noexcept {
  I32 codes = splat_int(0x01020304), elements = splat_int(0x04030201);
  for (int64_t round = 0; round < n_rounds; ++round) {
    I32 sums[kPeakSums];
    PartialDot partial[kPeakSums];
    add_peak_dots<format_of(DType::kQ4_0)>(codes, elements, partial, sums);
#pragma GCC unroll 16
    for (int s = 0; s < kPeakSums; ++s) hide(sums[s]);
  }
  return n_rounds * kPeakSums * 8 * kLanes * 4 * 2;
}

}  // namespace
}  // namespace tenfold::kernels
