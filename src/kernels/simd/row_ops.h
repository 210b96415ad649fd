// Kernels over one row.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd/block_format.h"
#include "kernels/simd/math.h"
#include "kernels/simd/vector_part.h"
#include "kernels/simd/vectors.h"

namespace tenfold::kernels {
namespace {

// Calls body(i, n) for each vector of a row: n = kLanes, at the end what is left.
template <typename Body>
[[gnu::always_inline]] inline void for_each_vector(int64_t size, Body&& body) {
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) body(i, static_cast<int64_t>(kLanes));
  if (i < size) body(i, size - i);
}

// --- quantize_q8

// Codes of 32 elements, and their sums. A NaN or infinity makes the scale NaN; a block whose scale would not be a
// normal number counts as zeros.
[[gnu::always_inline]] inline float quantize_block(const float* x, uint8_t* codes, int32_t* sums16) {
  constexpr int kVectors = kBlock / kLanes;
  I32 largest_bits = splat_int(0);  // magnitudes compare like their bits, NaN above infinity
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) largest_bits = max_int(largest_bits, as_int(abs(load(x + v * kLanes))));
  const int32_t bits = max_lanes(largest_bits);
  const bool finite = bits < 0x7f800000;
  const float scale = __builtin_bit_cast(float, bits) / 127.0F;
  const bool normal = finite && scale >= 0x1p-126F;
  const F32 inverse = splat(normal ? 1.0F / scale : 0.0F);
  const I32 keep = splat_int(normal ? -1 : 0);
  I32 block[kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    block[v] = and_bits(keep, round_to_int(mul(load(x + v * kLanes), inverse)));
  }
  store_codes(codes, block, sums16);
  if (!finite) return __builtin_nanf("");
  return normal ? scale : 0.0F;
}

inline void quantize_q8(const float* x, int64_t k, void* row) noexcept {
  auto* bytes = static_cast<uint8_t*>(row);
  uint8_t* scales = bytes + q8_scales_offset(k);
  uint8_t* sums32 = bytes + q8_sums32_offset(k);
  uint8_t* sums16 = bytes + q8_sums16_offset(k);
  for (int64_t i = 0; i < k / kBlock; ++i) {
    int32_t sums[2];
    const float scale = quantize_block(x + i * kBlock, bytes + i * kBlock, sums);
    const int32_t sum = sums[0] + sums[1];
    memcpy(scales + i * 4, &scale, 4);
    memcpy(sums32 + i * 4, &sum, 4);
    memcpy(sums16 + i * 8, sums, 8);
  }
  memset(bytes + k + k / 2, 0, q8_row_bytes(k) - static_cast<size_t>(k + k / 2));
}

// --- Normalisation, rope

inline void rms_norm(const float* x, const float* weight, int64_t n, float eps, float* out) noexcept {
  constexpr int kSums = 64 / kLanes;
  F32 sums[kSums];
  for (F32& sum : sums) sum = zero();
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
#pragma GCC unroll 8
    for (int s = 0; s < kSums; ++s) {
      const F32 v = load(x + i + s * kLanes);
      sums[s] = fma(v, v, sums[s]);
    }
  }
  for_each_vector(n - i, [&](int64_t j, int64_t count) {
    const F32 v = load_part(x + i + j, count);
    sums[0] = fma(v, v, sums[0]);
  });
  for (int s = 1; s < kSums; ++s) sums[0] = add(sums[0], sums[s]);
  const float mean = sum_lanes(sums[0]) / static_cast<float>(n);
  const F32 factor = splat(mean < __builtin_inff() ? 1.0F / __builtin_sqrtf(mean + eps) : __builtin_nanf(""));
  for_each_vector(n, [&](int64_t j, int64_t count) {
    store_part(out + j, mul(mul(load_part(x + j, count), factor), load_part(weight + j, count)), count);
  });
}

inline void rope_interleaved(float* x, const float* cos, const float* sin, int32_t n_pairs) noexcept {
  constexpr int kPairs = kLanes / 2;
  int32_t i = 0;
  for (; i + kPairs <= n_pairs; i += kPairs) {
    const F32 v = load(x + 2 * i);
    store(x + 2 * i, fma_alternating(v, load_twice(cos + i), mul(swap_pairs(v), load_twice(sin + i))));
  }
  for (; i < n_pairs; ++i) {
    const float a = x[2 * i], b = x[2 * i + 1];
    x[2 * i] = __builtin_fmaf(a, cos[i], -(b * sin[i]));
    x[2 * i + 1] = __builtin_fmaf(b, cos[i], a * sin[i]);
  }
}

inline void rope_neox(float* x, const float* cos, const float* sin, int32_t n_pairs) noexcept {
  for_each_vector(n_pairs, [&](int64_t i, int64_t n) {
    const F32 a = load_part(x + i, n), b = load_part(x + n_pairs + i, n);
    const F32 c = load_part(cos + i, n), s = load_part(sin + i, n);
    store_part(x + i, fma(a, c, sub(zero(), mul(b, s))), n);
    store_part(x + n_pairs + i, fma(b, c, mul(a, s)), n);
  });
}

// --- Activations and the rest

inline void silu_mul(const float* gate, const float* up, int64_t size, float* out) noexcept {
  for_each_vector(size, [&](int64_t i, int64_t n) {
    const F32 x = load_part(gate + i, n);
    const F32 silu = div(x, add(splat(1.0F), exp(sub(zero(), x))));
    store_part(out + i, mul(silu, load_part(up + i, n)), n);
  });
}

// x/2·(1 + tanh u) = x / (1 + e^−2u), u = √(2/π)·(x + 0.044715·x³): Hendrycks and Gimpel, arXiv 1606.08415.
inline void gelu_mul(const float* gate, const float* up, int64_t size, float* out) noexcept {
  for_each_vector(size, [&](int64_t i, int64_t n) {
    const F32 x = load_part(gate + i, n);
    const F32 inner = fma(mul(mul(x, x), x), splat(0.044715F), x);
    const F32 gelu = div(x, add(splat(1.0F), exp(mul(inner, splat(-1.59576912F)))));
    store_part(out + i, mul(gelu, load_part(up + i, n)), n);
  });
}

inline void gelu_erf(float* x, int64_t size) noexcept {
  for_each_vector(size, [&](int64_t i, int64_t n) {
    const F32 v = load_part(x + i, n);
    const F32 both_sides = add(splat(1.0F), erf(mul(v, splat(0.70710678F))));
    store_part(x + i, mul(mul(v, splat(0.5F)), both_sides), n);
  });
}

inline void add_rows(float* y, const float* x, int64_t size) noexcept {
  for_each_vector(size,
                  [&](int64_t i, int64_t n) { store_part(y + i, add(load_part(y + i, n), load_part(x + i, n)), n); });
}

inline void scale_row(float* y, float factor, int64_t size) noexcept {
  for_each_vector(size, [&](int64_t i, int64_t n) { store_part(y + i, mul(load_part(y + i, n), splat(factor)), n); });
}

[[gnu::always_inline]] inline F32 softcap(F32 v, F32 cap) { return mul(cap, tanh(div(v, cap))); }

inline void softcap_row(float* y, float cap, int64_t size) noexcept {
  for_each_vector(size, [&](int64_t i, int64_t n) { store_part(y + i, softcap(load_part(y + i, n), splat(cap)), n); });
}

// The entries of a table that are made here.
consteval KernelTable row_entries() {
  KernelTable table{};
  table.quantize_q8 = quantize_q8;
  table.rms_norm = rms_norm;
  table.rope_interleaved = rope_interleaved;
  table.rope_neox = rope_neox;
  table.silu_mul = silu_mul;
  table.gelu_mul = gelu_mul;
  table.gelu_erf = gelu_erf;
  table.add = add_rows;
  table.scale = scale_row;
  table.softcap = softcap_row;
  return table;
}

}  // namespace
}  // namespace tenfold::kernels
