// AVX-512 under the names that kernels/simd/*.h are written in: 16 lanes of 32 bits. F, BW, VL, DQ and VNNI are what
// this folder is compiled for (Ice Lake, Zen 4 and later). Internal linkage only.
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "kernels/simd/block_format.h"
#include "tensor/quant_blocks.h"

namespace tenfold::kernels {
namespace {

constexpr int kLanes = 16;
constexpr int kTilePanels = 2;    // of a tile of products: each element that is loaded serves both
constexpr int kTileTokens = 6;    // 12 results, 12 sums and their operands fill the 32 registers
constexpr int kScoreVectors = 4;  // of positions, in a tile of attention scores
constexpr int kValueVectors = 4;  // of dimensions, in a tile of attention outputs
constexpr int kInt16Vectors = 4;  // of either, in whole numbers

using F32 = __m512;
using I32 = __m512i;

[[gnu::always_inline]] inline __mmask16 first_lanes(int64_t n) { return static_cast<__mmask16>((1U << n) - 1); }

// --- Floats

[[gnu::always_inline]] inline F32 zero() { return _mm512_setzero_ps(); }
[[gnu::always_inline]] inline F32 splat(float x) { return _mm512_set1_ps(x); }
[[gnu::always_inline]] inline F32 load(const float* p) { return _mm512_loadu_ps(p); }
[[gnu::always_inline]] inline F32 load_first(const float* p, int64_t n) {
  return _mm512_maskz_loadu_ps(first_lanes(n), p);
}
[[gnu::always_inline]] inline void store(float* p, F32 v) { _mm512_storeu_ps(p, v); }
[[gnu::always_inline]] inline void store_first(float* p, F32 v, int64_t n) {
  _mm512_mask_storeu_ps(p, first_lanes(n), v);
}
[[gnu::always_inline]] inline F32 add(F32 a, F32 b) { return _mm512_add_ps(a, b); }
[[gnu::always_inline]] inline F32 sub(F32 a, F32 b) { return _mm512_sub_ps(a, b); }
[[gnu::always_inline]] inline F32 mul(F32 a, F32 b) { return _mm512_mul_ps(a, b); }
[[gnu::always_inline]] inline F32 div(F32 a, F32 b) { return _mm512_div_ps(a, b); }
[[gnu::always_inline]] inline F32 fma(F32 a, F32 b, F32 c) { return _mm512_fmadd_ps(a, b, c); }    // a·b + c
[[gnu::always_inline]] inline F32 fnma(F32 a, F32 b, F32 c) { return _mm512_fnmadd_ps(a, b, c); }  // c − a·b
// The second operand where either is NaN.
[[gnu::always_inline]] inline F32 max(F32 a, F32 b) { return _mm512_max_ps(a, b); }
[[gnu::always_inline]] inline F32 min(F32 a, F32 b) { return _mm512_min_ps(a, b); }
[[gnu::always_inline]] inline F32 round(F32 a) {
  return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
[[gnu::always_inline]] inline F32 times_power_of_2(F32 a, F32 n) { return _mm512_scalef_ps(a, n); }  // n integral
[[gnu::always_inline]] inline F32 times_normal_power_of_2(F32 a, F32 n) { return times_power_of_2(a, n); }
[[gnu::always_inline]] inline F32 abs(F32 a) { return _mm512_abs_ps(a); }
[[gnu::always_inline]] inline F32 with_sign_of(F32 magnitude, F32 sign) {
  const I32 sign_bit = _mm512_and_si512(_mm512_castps_si512(sign), _mm512_set1_epi32(INT32_MIN));
  return _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(magnitude), sign_bit));
}
[[gnu::always_inline]] inline F32 select_less(F32 a, F32 b, F32 then, F32 otherwise) {  // a < b ? then : otherwise
  return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), otherwise, then);
}
// Lanes [begin, end) of v, `other` elsewhere; begin and end may lie outside 0…16.
[[gnu::always_inline]] inline F32 keep_lanes(F32 v, int begin, int end, F32 other) {
  const I32 lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __mmask16 from = _mm512_cmpge_epi32_mask(lane, _mm512_set1_epi32(begin));
  return _mm512_mask_blend_ps(_mm512_mask_cmplt_epi32_mask(from, lane, _mm512_set1_epi32(end)), other, v);
}
[[gnu::always_inline]] inline float first_lane(F32 v) { return _mm512_cvtss_f32(v); }
[[gnu::always_inline]] inline float sum_lanes(F32 v) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}
[[gnu::always_inline]] inline float max_lanes(F32 v) { return _mm512_reduce_max_ps(v); }

// --- Pairs of neighbouring lanes

[[gnu::always_inline]] inline F32 swap_pairs(F32 v) { return _mm512_permute_ps(v, 0xB1); }
[[gnu::always_inline]] inline F32 load_twice(const float* p) {  // p[0] p[0] p[1] p[1] …: eight floats
  const I32 lane = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
  return _mm512_permutexvar_ps(lane, _mm512_castps256_ps512(_mm256_loadu_ps(p)));
}
[[gnu::always_inline]] inline F32 fma_alternating(F32 a, F32 b, F32 c) {
  return _mm512_fmaddsub_ps(a, b, c);
}  // a·b − c, a·b + c, …

// --- From and to narrower types

[[gnu::always_inline]] inline __m128i load_bytes(const void* p) {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}
[[gnu::always_inline]] inline __m256i load_words(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
[[gnu::always_inline]] inline F32 load_half(const void* p) { return _mm512_cvtph_ps(load_words(p)); }
[[gnu::always_inline]] inline F32 load_half_first(const void* p, int64_t n) {
  return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first_lanes(n), p));
}
[[gnu::always_inline]] inline void store_half(void* p, F32 v) {
  const __m256i halves = _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  _mm256_storeu_si256(static_cast<__m256i*>(p), halves);
}
[[gnu::always_inline]] inline F32 load_bfloat(const void* p) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load_words(p)), 16));
}
[[gnu::always_inline]] inline F32 load_i8(const void* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(load_bytes(p)));
}
[[gnu::always_inline]] inline void load_nibbles(const void* p, F32& low, F32& high) {
  const I32 bytes = _mm512_cvtepu8_epi32(load_bytes(p));
  low = _mm512_cvtepi32_ps(_mm512_and_si512(bytes, _mm512_set1_epi32(15)));
  high = _mm512_cvtepi32_ps(_mm512_srli_epi32(bytes, 4));
}

// --- Integers

[[gnu::always_inline]] inline I32 load_int(const void* p) { return _mm512_loadu_si512(p); }
[[gnu::always_inline]] inline I32 load_int_first(const void* p, int n) {
  return _mm512_maskz_loadu_epi32(first_lanes(n), p);
}
[[gnu::always_inline]] inline F32 to_float(I32 a) { return _mm512_cvtepi32_ps(a); }
[[gnu::always_inline]] inline I32 as_int(F32 a) { return _mm512_castps_si512(a); }
[[gnu::always_inline]] inline I32 splat_int(int32_t x) { return _mm512_set1_epi32(x); }
[[gnu::always_inline]] inline I32 splat_word(const void* p) {
  int32_t word;
  memcpy(&word, p, 4);
  return _mm512_set1_epi32(word);
}
[[gnu::always_inline]] inline F32 splat_float(const void* p) {
  float x;
  memcpy(&x, p, 4);
  return _mm512_set1_ps(x);
}
[[gnu::always_inline]] inline I32 max_int(I32 a, I32 b) { return _mm512_max_epi32(a, b); }
[[gnu::always_inline]] inline I32 and_bits(I32 a, I32 b) { return _mm512_and_si512(a, b); }
[[gnu::always_inline]] inline I32 or_bits(I32 a, I32 b) { return _mm512_or_si512(a, b); }
template <int kBits>
[[gnu::always_inline]] inline I32 shift_right(I32 a) {
  return kBits == 0 ? a : _mm512_srli_epi32(a, kBits);
}
template <int kBits>
[[gnu::always_inline]] inline I32 shift_left(I32 a) {
  return kBits == 0 ? a : _mm512_slli_epi32(a, kBits);
}
template <int kIndex>  // byte kIndex of each lane, sign-extended
[[gnu::always_inline]] inline I32 signed_byte(I32 a) {
  return _mm512_srai_epi32(_mm512_slli_epi32(a, 24 - 8 * kIndex), 24);
}
[[gnu::always_inline]] inline int32_t max_lanes(I32 a) { return _mm512_reduce_max_epi32(a); }
[[gnu::always_inline]] inline I32 round_to_int(F32 a) { return _mm512_cvtps_epi32(a); }  // to nearest, ties to even
[[gnu::always_inline]] inline void store_as_i8(void* p, I32 a) {
  _mm_storeu_si128(static_cast<__m128i*>(p), _mm512_cvtepi32_epi8(a));
}
// 32 numbers that fit a byte, and the sums of the first and of the last 16.
[[gnu::always_inline]] inline void store_codes(void* p, const I32 (&a)[2], int32_t* sums) {
  const __m256i bytes = _mm256_set_m128i(_mm512_cvtepi32_epi8(a[1]), _mm512_cvtepi32_epi8(a[0]));
  _mm256_storeu_si256(static_cast<__m256i*>(p), bytes);
  __m256i sum = _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_set1_epi8(1), bytes);
  sum = _mm256_add_epi32(sum, _mm256_shuffle_epi32(sum, 0x4E));
  sum = _mm256_add_epi32(sum, _mm256_shuffle_epi32(sum, 0xB1));
  sums[0] = _mm256_extract_epi32(sum, 0);
  sums[1] = _mm256_extract_epi32(sum, 4);
}

[[gnu::always_inline]] inline I32 load_i8_as_i16(const void* p) { return _mm512_cvtepi8_epi16(load_words(p)); }
[[gnu::always_inline]] inline void store_as_i16(void* p, I32 a) {  // the nearest that there is
  _mm256_storeu_si256(static_cast<__m256i*>(p), _mm512_cvtsepi32_epi16(a));
}
// sum += a · b in pairs of 16 bits. GCC 12 copies every sum to another register and back around the intrinsic.
[[gnu::always_inline]] inline void add_products(I32& sum, I32 a, I32 b) {
  asm("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}

// --- Codes
//
// vpdpbusd takes unsigned weights, so signed ones are kept 128 up; the surplus goes away with the zero point.

constexpr int dot_zero_point(BlockFormat format) { return format.codes == Codes::kUnsigned ? format.zero_point : 128; }

// A code vector as the dot product takes it.
template <BlockFormat kFormat>
[[gnu::always_inline]] inline I32 dot_operand(I32 codes) {
  if constexpr (kFormat.codes == Codes::kSigned) return _mm512_xor_si512(codes, _mm512_set1_epi8(-128));
  if constexpr (kFormat.codes == Codes::kLevels) {
    const __m128i levels = _mm_xor_si128(load_bytes(kIQ4Values), _mm_set1_epi8(-128));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(levels), codes);
  }
  return codes;
}

// sum += Σ codes · elements. It is the kVector-th of kVectors code vectors that belong to the sum, which begins at
// start().
struct PartialDot {};
template <BlockFormat kFormat, int kVector, int kVectors, typename Start>
[[gnu::always_inline]] inline void add_dot(I32 operand, I32 elements, const Start& start, PartialDot&, I32& sum) {
  if constexpr (kVector == 0) sum = start();
  sum = _mm512_dpbusd_epi32(sum, operand, elements);
}

// Code kIndex (0…3) of each lane of a dot operand, as the number it stands for.
template <BlockFormat kFormat, int kIndex>
[[gnu::always_inline]] inline F32 code_to_float(I32 operand) {
  const I32 code = _mm512_and_si512(_mm512_srli_epi32(operand, 8 * kIndex), _mm512_set1_epi32(255));
  return _mm512_cvtepi32_ps(_mm512_sub_epi32(code, _mm512_set1_epi32(dot_zero_point(kFormat))));
}

}  // namespace
}  // namespace tenfold::kernels
