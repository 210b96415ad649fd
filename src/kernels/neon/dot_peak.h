// Nothing but dot products, all in registers: what the variant's instruction could do at most.
#pragma once

#include "kernels/neon/simd.h"

namespace tenfold::kernels::neon {
namespace {

// Dot::add(sum, a, b): the instruction; Dot::kMacs: its multiplications.
template <typename Dot>
int64_t dot_products(int64_t n_rounds) noexcept {
  constexpr int kSums = 16;  // four pipes, four cycles
  int32x4_t sums[kSums];
  for (int32x4_t& sum : sums) sum = vdupq_n_s32(0);
  int8x16_t codes = vdupq_n_s8(1);
  for (int64_t round = 0; round < n_rounds; ++round) {
    unroll<kSums>([&](auto s) __attribute__((always_inline)) {
      asm volatile("" : "+w"(codes));  // else the compiler would multiply once
      sums[s.value] = Dot::add(sums[s.value], codes, codes);
    });
  }
  for (int32x4_t& sum : sums) asm volatile("" : "+w"(sum));  // they are wanted
  return n_rounds * kSums * Dot::kMacs * 2;
}

}  // namespace
}  // namespace tenfold::kernels::neon
