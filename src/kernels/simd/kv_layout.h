// How each KvType stores a block (kernel_table.h says where everything lies), and the vectors read back from it.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd/panel_layout.h"
#include "kernels/simd/vectors.h"
#include "tensor/half.h"

namespace tenfold::kernels {
namespace {

// Every type has: block_bytes, store, and
//   KeyColumns: reads the keys of kVectors·kLanes positions, four dimensions at a time
//   value(…): kLanes dimensions of one position's value; value_first(…): the first n of them

struct F32Kv {
  static size_t block_bytes(int32_t head_dim) noexcept {
    return pad_to_64(static_cast<size_t>(head_dim) * kKvBlock * 8);
  }

  static void store(const float* k, const float* v, int32_t head_dim, int position, void* kv_block) noexcept {
    auto* keys = static_cast<float*>(kv_block) + position;
    for (int32_t d = 0; d < head_dim; ++d) keys[d * kKvBlock] = k[d];
    memcpy(static_cast<float*>(kv_block) + (kKvBlock + position) * head_dim, v, static_cast<size_t>(head_dim) * 4);
  }

  static F32 key(const void* kv_block, int d, int position) {
    return load(static_cast<const float*>(kv_block) + d * kKvBlock + position);
  }
  static F32 value(const void* kv_block, int32_t head_dim, int position, int d, int n) {
    const float* p = static_cast<const float*>(kv_block) + (kKvBlock + position) * head_dim + d;
    return n == kLanes ? load(p) : load_first(p, n);
  }
};

struct F16Kv {
  static size_t block_bytes(int32_t head_dim) noexcept {
    return pad_to_64(static_cast<size_t>(head_dim) * kKvBlock * 4);
  }

  static void store(const float* k, const float* v, int32_t head_dim, int position, void* kv_block) noexcept {
    auto* keys = static_cast<uint16_t*>(kv_block) + position;
    auto* values = static_cast<uint16_t*>(kv_block) + (kKvBlock + position) * head_dim;
    int32_t d = 0;
    for (; d + kLanes <= head_dim; d += kLanes) {
      uint16_t halves[kLanes];
      store_half(halves, load(k + d));
      for (int i = 0; i < kLanes; ++i) keys[(d + i) * kKvBlock] = halves[i];
      store_half(values + d, load(v + d));
    }
    for (; d < head_dim; ++d) {
      keys[d * kKvBlock] = float_to_half(k[d]);
      values[d] = float_to_half(v[d]);
    }
  }

  static F32 key(const void* kv_block, int d, int position) {
    return load_half(static_cast<const uint16_t*>(kv_block) + d * kKvBlock + position);
  }
  static F32 value(const void* kv_block, int32_t head_dim, int position, int d, int n) {
    const uint16_t* p = static_cast<const uint16_t*>(kv_block) + (kKvBlock + position) * head_dim + d;
    return n == kLanes ? load_half(p) : load_half_first(p, n);
  }
};

struct Q8Kv {
  static size_t codes_bytes(int32_t head_dim) { return static_cast<size_t>(head_dim) * kKvBlock; }
  static size_t half_bytes(int32_t head_dim) { return codes_bytes(head_dim) + codes_bytes(head_dim) / 16; }
  static size_t block_bytes(int32_t head_dim) noexcept { return pad_to_64(2 * half_bytes(head_dim)); }

  static const uint8_t* bytes(const void* kv_block) { return static_cast<const uint8_t*>(kv_block); }

  // The codes of 32 elements and the F16 scale that they were made with.
  static uint16_t quantize(const float* x, uint8_t* codes) {
    I32 largest = splat_int(0);  // magnitudes compare like their bits, NaN above all: it makes the scale NaN
    for (int i = 0; i < kBlock; i += kLanes) largest = max_int(as_int(abs(load(x + i))), largest);
    const uint16_t scale = float_to_half(__builtin_bit_cast(float, max_lanes(largest)) / 127.0F);
    const float exact = half_to_float(scale);
    for (int i = 0; i < kBlock; i += kLanes) {
      F32 scaled = exact > 0 ? div(load(x + i), splat(exact)) : zero();
      scaled = max(min(scaled, splat(127.0F)), splat(-127.0F));  // an F16 scale may have been rounded down
      store_as_i8(codes + i, round_to_int(scaled));
    }
    return scale;
  }

  static void store(const float* k, const float* v, int32_t head_dim, int position, void* kv_block) noexcept {
    auto* k_codes = static_cast<uint8_t*>(kv_block);
    uint8_t* k_scales = k_codes + codes_bytes(head_dim);
    uint8_t* v_codes = k_codes + half_bytes(head_dim);
    uint8_t* v_scales = v_codes + codes_bytes(head_dim);
    uint8_t codes[kBlock];
    for (int32_t d = 0; d < head_dim; d += kBlock) {
      const uint16_t k_scale = quantize(k + d, codes);
      memcpy(k_scales + (d / kBlock * kKvBlock + position) * 2, &k_scale, 2);
      for (int i = 0; i < kBlock; i += 4) memcpy(k_codes + (d + i) * kKvBlock + position * 4, codes + i, 4);
      const uint16_t v_scale = quantize(v + d, v_codes + position * head_dim + d);
      memcpy(v_scales + (position * (head_dim / kBlock) + d / kBlock) * 2, &v_scale, 2);
    }
  }

  static F32 value(const void* kv_block, int32_t head_dim, int position, int d, int) {
    const uint8_t* codes = bytes(kv_block) + half_bytes(head_dim);
    const uint8_t* scale = codes + codes_bytes(head_dim) + (position * (head_dim / kBlock) + d / kBlock) * 2;
    uint16_t half;
    memcpy(&half, scale, 2);
    return mul(load_i8(codes + position * head_dim + d), splat(half_to_float(half)));
  }
};

}  // namespace
}  // namespace tenfold::kernels
