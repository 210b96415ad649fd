// Products of whole numbers with AVX-VNNI.
//
// vpdpbusd takes unsigned weights, so signed ones are kept 128 up; the surplus goes away with the zero point.
#pragma once

#include "kernels/avx2/simd.h"
#include "kernels/simd/block_format.h"
#include "tensor/quant_blocks.h"

namespace tenfold::kernels {
namespace {

// sum += a · b in pairs of 16 bits. GCC 12 copies every sum to another register and back around the intrinsic.
[[gnu::always_inline]] inline void add_products(I32& sum, I32 a, I32 b) {
  asm("%{vex%} vpdpwssd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
}

constexpr int dot_zero_point(BlockFormat format) { return format.codes == Codes::kUnsigned ? format.zero_point : 128; }

// A code vector as the dot product takes it.
template <BlockFormat kFormat>
[[gnu::always_inline]] inline I32 dot_operand(I32 codes) {
  if constexpr (kFormat.codes == Codes::kSigned) return _mm256_xor_si256(codes, _mm256_set1_epi8(-128));
  if constexpr (kFormat.codes == Codes::kLevels) {
    const __m128i levels = _mm_xor_si128(load_words(kIQ4Values), _mm_set1_epi8(-128));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(levels), codes);
  }
  return codes;
}

// sum += Σ codes · elements. It is the kVector-th of kVectors code vectors that belong to the sum, which begins at
// start().
struct PartialDot {};
template <BlockFormat kFormat, int kVector, int kVectors, typename Start>
[[gnu::always_inline]] inline void add_dot(I32 operand, I32 elements, const Start& start, PartialDot&, I32& sum) {
  if constexpr (kVector == 0) sum = start();
  sum = _mm256_dpbusd_avx_epi32(sum, operand, elements);
}

}  // namespace
}  // namespace tenfold::kernels
