// Products of whole numbers with AVX2. It brings simd.h along.
#pragma once

#include "kernels/avx2/simd.h"
#include "kernels/simd/block_format.h"
#include "tensor/quant_blocks.h"

namespace tenfold::kernels {
namespace {

// sum += a · b in pairs of 16 bits. GCC 12 puts all products of a row before the first addition and spills them.
[[gnu::always_inline]] inline void add_products(I32& sum, I32 a, I32 b) {
  I32 products;
  asm("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0" : "+x"(sum), "=&x"(products) : "x"(a), "x"(b));
}

constexpr int dot_zero_point(BlockFormat format) { return format.codes == Codes::kUnsigned ? format.zero_point : 0; }

// A code vector as the dot product takes it: unsigned, or signed for types without a zero point.
template <BlockFormat kFormat>
[[gnu::always_inline]] inline I32 dot_operand(I32 codes) {
  if constexpr (kFormat.codes == Codes::kLevels) {
    const __m128i levels = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kIQ4Values));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(levels), codes);
  }
  return codes;
}

// vpmaddubsw adds two products of an unsigned and a signed byte in 16 bits. Activations are within ±127, so that many
// of its results can be added before 16 bits overflow.
constexpr int sums_in_16_bits(BlockFormat format) {
  return format.codes == Codes::kUnsigned ? 32767 / (2 * 127 * format.max_code()) : 1;
}

// sum += Σ codes · elements, sooner or later: partial holds what has not been added yet. It is the kVector-th of
// kVectors code vectors that belong to the sum; start() is added with the last one and costs no register before.
using PartialDot = I32;
template <BlockFormat kFormat, int kVector, int kVectors, typename Start>
[[gnu::always_inline]] inline void add_dot(I32 operand, I32 elements, const Start& start, PartialDot& partial,
                                           I32& sum) {
  constexpr int kStep = sums_in_16_bits(kFormat) < kVectors ? sums_in_16_bits(kFormat) : kVectors;
  if constexpr (kFormat.codes != Codes::kUnsigned) {  // |code| · (element with the code's sign)
    elements = _mm256_sign_epi8(elements, operand);
    operand = _mm256_abs_epi8(operand);
  }
  const I32 products = _mm256_maddubs_epi16(operand, elements);
  partial = kVector % kStep == 0 ? products : _mm256_add_epi16(partial, products);
  if constexpr (kVector % kStep == kStep - 1 || kVector == kVectors - 1) {
    const I32 part = _mm256_madd_epi16(partial, _mm256_set1_epi16(1));
    sum = kVector < kStep ? part : _mm256_add_epi32(sum, part);
  }
  if constexpr (kVector == kVectors - 1) sum = _mm256_add_epi32(sum, start());
}

// Code kIndex (0…3) of each lane of a dot operand, as the number it stands for.
template <BlockFormat kFormat, int kIndex>
[[gnu::always_inline]] inline F32 code_to_float(I32 operand) {
  if constexpr (kFormat.codes != Codes::kUnsigned) return _mm256_cvtepi32_ps(signed_byte<kIndex>(operand));
  const I32 code = _mm256_and_si256(_mm256_srli_epi32(operand, 8 * kIndex), _mm256_set1_epi32(255));
  return _mm256_cvtepi32_ps(_mm256_sub_epi32(code, _mm256_set1_epi32(dot_zero_point(kFormat))));
}

}  // namespace
}  // namespace tenfold::kernels
