// AVX2 with FMA and F16C under the names that kernels/simd/*.h are written in: 8 lanes of 32 bits. Products of whole
// numbers are in dot.h, here and beside the table of AVX-VNNI. Internal linkage only.
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

namespace tenfold::kernels {
namespace {

constexpr int kLanes = 8;
constexpr int kTilePanels = 2;    // of a tile of products: each element that is loaded serves both
constexpr int kTileTokens = 6;    // 12 sums and their operands fill the 16 registers
constexpr int kScoreVectors = 2;  // of positions, in a tile of attention scores
constexpr int kValueVectors = 2;  // of dimensions, in a tile of attention outputs
constexpr int kInt16Vectors = 2;  // of either, in whole numbers

using F32 = __m256;
using I32 = __m256i;

[[gnu::always_inline]] inline I32 lane_numbers() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
[[gnu::always_inline]] inline I32 first_lanes(int64_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int32_t>(n)), lane_numbers());
}

// --- Floats

[[gnu::always_inline]] inline F32 zero() { return _mm256_setzero_ps(); }
[[gnu::always_inline]] inline F32 splat(float x) { return _mm256_set1_ps(x); }
[[gnu::always_inline]] inline F32 load(const float* p) { return _mm256_loadu_ps(p); }
[[gnu::always_inline]] inline F32 load_first(const float* p, int64_t n) {
  return _mm256_maskload_ps(p, first_lanes(n));
}
[[gnu::always_inline]] inline void store(float* p, F32 v) { _mm256_storeu_ps(p, v); }
[[gnu::always_inline]] inline void store_first(float* p, F32 v, int64_t n) {
  _mm256_maskstore_ps(p, first_lanes(n), v);
}
[[gnu::always_inline]] inline F32 add(F32 a, F32 b) { return _mm256_add_ps(a, b); }
[[gnu::always_inline]] inline F32 sub(F32 a, F32 b) { return _mm256_sub_ps(a, b); }
[[gnu::always_inline]] inline F32 mul(F32 a, F32 b) { return _mm256_mul_ps(a, b); }
[[gnu::always_inline]] inline F32 div(F32 a, F32 b) { return _mm256_div_ps(a, b); }
[[gnu::always_inline]] inline F32 fma(F32 a, F32 b, F32 c) { return _mm256_fmadd_ps(a, b, c); }    // a·b + c
[[gnu::always_inline]] inline F32 fnma(F32 a, F32 b, F32 c) { return _mm256_fnmadd_ps(a, b, c); }  // c − a·b
// The second operand where either is NaN.
[[gnu::always_inline]] inline F32 max(F32 a, F32 b) { return _mm256_max_ps(a, b); }
[[gnu::always_inline]] inline F32 min(F32 a, F32 b) { return _mm256_min_ps(a, b); }
[[gnu::always_inline]] inline F32 round(F32 a) {
  return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// a·2^n, n integral, |n| ≤ 250: in two steps, because 2^n alone may leave the range of exponents.
[[gnu::always_inline]] inline F32 times_power_of_2(F32 a, F32 n) {
  const I32 exponent = _mm256_cvtps_epi32(n);
  const I32 half = _mm256_srai_epi32(exponent, 1);
  const I32 rest = _mm256_sub_epi32(exponent, half);
  const I32 bias = _mm256_set1_epi32(127);
  const F32 first = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
  const F32 second = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
  return _mm256_mul_ps(_mm256_mul_ps(a, first), second);
}
[[gnu::always_inline]] inline F32 times_normal_power_of_2(F32 a, F32 n) {  // |n| ≤ 126
  const I32 exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
  return _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
}
[[gnu::always_inline]] inline F32 abs(F32 a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), a); }
[[gnu::always_inline]] inline F32 with_sign_of(F32 magnitude, F32 sign) {
  return _mm256_or_ps(magnitude, _mm256_and_ps(sign, _mm256_set1_ps(-0.0F)));
}
[[gnu::always_inline]] inline F32 select_less(F32 a, F32 b, F32 then, F32 otherwise) {  // a < b ? then : otherwise
  return _mm256_blendv_ps(otherwise, then, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
// Lanes [begin, end) of v, `other` elsewhere; begin and end may lie outside 0…8.
[[gnu::always_inline]] inline F32 keep_lanes(F32 v, int begin, int end, F32 other) {
  const I32 before_end = _mm256_cmpgt_epi32(_mm256_set1_epi32(end), lane_numbers());
  const I32 before_begin = _mm256_cmpgt_epi32(_mm256_set1_epi32(begin), lane_numbers());
  return _mm256_blendv_ps(other, v, _mm256_castsi256_ps(_mm256_andnot_si256(before_begin, before_end)));
}
[[gnu::always_inline]] inline float first_lane(F32 v) { return _mm256_cvtss_f32(v); }
[[gnu::always_inline]] inline float sum_lanes(F32 v) {
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}
[[gnu::always_inline]] inline float max_lanes(F32 v) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
}

// --- Pairs of neighbouring lanes

[[gnu::always_inline]] inline F32 swap_pairs(F32 v) { return _mm256_permute_ps(v, 0xB1); }
[[gnu::always_inline]] inline F32 load_twice(const float* p) {  // p[0] p[0] p[1] p[1] …: four floats
  const I32 lane = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
  return _mm256_permutevar8x32_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), lane);
}
[[gnu::always_inline]] inline F32 fma_alternating(F32 a, F32 b, F32 c) {
  return _mm256_fmaddsub_ps(a, b, c);
}  // a·b − c, a·b + c, …

// --- From and to narrower types

[[gnu::always_inline]] inline __m128i load_bytes(const void* p) {
  return _mm_loadl_epi64(static_cast<const __m128i*>(p));
}
[[gnu::always_inline]] inline __m128i load_words(const void* p) {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}
[[gnu::always_inline]] inline F32 load_half(const void* p) { return _mm256_cvtph_ps(load_words(p)); }
[[gnu::always_inline]] inline F32 load_half_first(const void* p, int64_t n) {
  uint16_t halves[8] = {};
  memcpy(halves, p, static_cast<size_t>(n) * 2);
  return load_half(halves);
}
[[gnu::always_inline]] inline void store_half(void* p, F32 v) {
  const __m128i halves = _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  _mm_storeu_si128(static_cast<__m128i*>(p), halves);
}
[[gnu::always_inline]] inline F32 load_bfloat(const void* p) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load_words(p)), 16));
}
[[gnu::always_inline]] inline F32 load_i8(const void* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(load_bytes(p)));
}
[[gnu::always_inline]] inline void load_nibbles(const void* p, F32& low, F32& high) {
  const I32 bytes = _mm256_cvtepu8_epi32(load_bytes(p));
  low = _mm256_cvtepi32_ps(_mm256_and_si256(bytes, _mm256_set1_epi32(15)));
  high = _mm256_cvtepi32_ps(_mm256_srli_epi32(bytes, 4));
}

// --- Integers

[[gnu::always_inline]] inline I32 load_int(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
[[gnu::always_inline]] inline I32 load_int_first(const void* p, int n) {
  return _mm256_maskload_epi32(static_cast<const int*>(p), first_lanes(n));
}
[[gnu::always_inline]] inline F32 to_float(I32 a) { return _mm256_cvtepi32_ps(a); }
[[gnu::always_inline]] inline I32 as_int(F32 a) { return _mm256_castps_si256(a); }
[[gnu::always_inline]] inline I32 splat_int(int32_t x) { return _mm256_set1_epi32(x); }
[[gnu::always_inline]] inline I32 splat_word(const void* p) {
  int32_t word;
  memcpy(&word, p, 4);
  return _mm256_set1_epi32(word);
}
[[gnu::always_inline]] inline F32 splat_float(const void* p) {
  float x;
  memcpy(&x, p, 4);
  return _mm256_set1_ps(x);
}
[[gnu::always_inline]] inline I32 max_int(I32 a, I32 b) { return _mm256_max_epi32(a, b); }
[[gnu::always_inline]] inline I32 and_bits(I32 a, I32 b) { return _mm256_and_si256(a, b); }
[[gnu::always_inline]] inline I32 or_bits(I32 a, I32 b) { return _mm256_or_si256(a, b); }
template <int kBits>
[[gnu::always_inline]] inline I32 shift_right(I32 a) {
  return kBits == 0 ? a : _mm256_srli_epi32(a, kBits);
}
template <int kBits>
[[gnu::always_inline]] inline I32 shift_left(I32 a) {
  return kBits == 0 ? a : _mm256_slli_epi32(a, kBits);
}
template <int kIndex>  // byte kIndex of each lane, sign-extended
[[gnu::always_inline]] inline I32 signed_byte(I32 a) {
  return _mm256_srai_epi32(_mm256_slli_epi32(a, 24 - 8 * kIndex), 24);
}
[[gnu::always_inline]] inline int32_t max_lanes(I32 a) {
  __m128i four = _mm_max_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  four = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0x4E));
  return _mm_cvtsi128_si32(_mm_max_epi32(four, _mm_shuffle_epi32(four, 0xB1)));
}
[[gnu::always_inline]] inline I32 round_to_int(F32 a) { return _mm256_cvtps_epi32(a); }  // to nearest, ties to even
[[gnu::always_inline]] inline void store_as_i8(void* p, I32 a) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  _mm_storel_epi64(static_cast<__m128i*>(p), _mm_packs_epi16(words, words));
}
// 32 numbers that fit a byte, and the sums of the first and of the last 16.
[[gnu::always_inline]] inline void store_codes(void* p, const I32 (&a)[4], int32_t* sums) {
  const __m256i mixed = _mm256_packs_epi16(_mm256_packs_epi32(a[0], a[1]), _mm256_packs_epi32(a[2], a[3]));
  const __m256i bytes = _mm256_permutevar8x32_epi32(mixed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  _mm256_storeu_si256(static_cast<__m256i*>(p), bytes);
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes);
  __m256i sum = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
  sum = _mm256_add_epi32(sum, _mm256_shuffle_epi32(sum, 0x4E));
  sum = _mm256_add_epi32(sum, _mm256_shuffle_epi32(sum, 0xB1));
  sums[0] = _mm256_extract_epi32(sum, 0);
  sums[1] = _mm256_extract_epi32(sum, 4);
}

[[gnu::always_inline]] inline I32 load_i8_as_i16(const void* p) { return _mm256_cvtepi8_epi16(load_words(p)); }
[[gnu::always_inline]] inline void store_as_i16(void* p, I32 a) {  // the nearest that there is
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  _mm_storeu_si128(static_cast<__m128i*>(p), words);
}

}  // namespace
}  // namespace tenfold::kernels
