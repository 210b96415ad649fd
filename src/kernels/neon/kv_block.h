// KV blocks of each KvType (kernel_table.h says how they lie): where things are, and stretches of them as floats.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/neon/panel_layout.h"
#include "kernels/neon/simd.h"

namespace tenfold::kernels::neon {
namespace {

constexpr int kDims = 32;  // elements of a head that are made floats at once

// Elements [d, d + n_dims) of a head, n_dims ≤ kDims.
struct Dims {
  int d;
  int n_dims;
};

// [n_dims][64] for K and [64][kDims] for V.
using KFloats = float[kDims * kKvBlock];
using VFloats = float[kKvBlock * kDims];

struct F32Kv {
  static size_t bytes(int32_t head_dim) { return round_up_64(static_cast<size_t>(head_dim) * kKvBlock * 8); }

  static const float* k_floats(const void* block, int32_t, Dims dims, KFloats&) {
    return static_cast<const float*>(block) + dims.d * kKvBlock;
  }
  static void v_floats(const void* block, int32_t head_dim, Dims dims, int position, float* out) {
    const float* v = static_cast<const float*>(block) + (kKvBlock + position) * head_dim + dims.d;
    for (int i = 0; i < kDims; i += 4) vst1q_f32(out + i, load_first(v + i, dims.n_dims - i));
  }

  static void store(const float* k, const float* v, int32_t head_dim, int position, void* block) {
    auto* values = static_cast<float*>(block);
    for (int32_t d = 0; d < head_dim; ++d) values[d * kKvBlock + position] = k[d];
    __builtin_memcpy(values + (kKvBlock + position) * head_dim, v, static_cast<size_t>(head_dim) * sizeof(float));
  }
};

struct F16Kv {
  static size_t bytes(int32_t head_dim) { return round_up_64(static_cast<size_t>(head_dim) * kKvBlock * 4); }

  static const float* k_floats(const void* block, int32_t, Dims dims, KFloats& out) {
    const uint16_t* k = static_cast<const uint16_t*>(block) + dims.d * kKvBlock;
    for (int i = 0; i < dims.n_dims * kKvBlock; i += 8) {
      const RowFloats eight = load_halves(k + i);
      vst1q_f32(out + i, eight.v[0]);
      vst1q_f32(out + i + 4, eight.v[1]);
    }
    return out;
  }
  static void v_floats(const void* block, int32_t head_dim, Dims dims, int position, float* out) {
    const uint16_t* v = static_cast<const uint16_t*>(block) + (kKvBlock + position) * head_dim + dims.d;
    uint16_t padded[kDims] = {};
    if (dims.n_dims < kDims) {
      __builtin_memcpy(padded, v, static_cast<size_t>(dims.n_dims) * sizeof(uint16_t));
      v = padded;
    }
    for (int i = 0; i < kDims; i += 8) {
      const RowFloats eight = load_halves(v + i);
      vst1q_f32(out + i, eight.v[0]);
      vst1q_f32(out + i + 4, eight.v[1]);
    }
  }

  static void store(const float* k, const float* v, int32_t head_dim, int position, void* block) {
    auto* values = static_cast<uint16_t*>(block);
    uint16_t* v_row = values + (kKvBlock + position) * head_dim;
    for (int32_t d = 0; d < head_dim; d += 4) {
      uint16_t k4[4], v4[4];
      vst1_u16(k4, vreinterpret_u16_f16(vcvt_f16_f32(load_first(k + d, head_dim - d))));
      vst1_u16(v4, vreinterpret_u16_f16(vcvt_f16_f32(load_first(v + d, head_dim - d))));
      for (int i = 0; i < 4 && d + i < head_dim; ++i) {
        values[(d + i) * kKvBlock + position] = k4[i];
        v_row[d + i] = v4[i];
      }
    }
  }
};

struct Q8Kv {  // head_dim % 32 == 0, so that dims are always 32
  static size_t codes_bytes(int32_t head_dim) { return static_cast<size_t>(head_dim) * kKvBlock; }
  static size_t half_bytes(int32_t head_dim) { return codes_bytes(head_dim) / 16 * 17; }
  static size_t bytes(int32_t head_dim) { return round_up_64(2 * half_bytes(head_dim)); }

  // code·scale of 4 positions × 4 elements
  static const float* k_floats(const void* block, int32_t head_dim, Dims dims, KFloats& out) {
    const auto* codes = static_cast<const int8_t*>(block) + dims.d * kKvBlock;
    const auto* scales = static_cast<const uint8_t*>(block) + codes_bytes(head_dim) + dims.d / 32 * kKvBlock * 2;
    for (int d = 0; d < kDims; d += 4) {
      for (int p = 0; p < kKvBlock; p += 8) {
        const int8x8x4_t four = vld4_s8(codes + (d / 4 * kKvBlock + p) * 4);
        const RowFloats scale = load_halves(scales + p * 2);
        for (int i = 0; i < 4; ++i) {
          const RowFloats k = widen(four.val[i]) * scale;
          vst1q_f32(out + (d + i) * kKvBlock + p, k.v[0]);
          vst1q_f32(out + (d + i) * kKvBlock + p + 4, k.v[1]);
        }
      }
    }
    return out;
  }
  static void v_floats(const void* block, int32_t head_dim, Dims dims, int position, float* out) {
    const auto* base = static_cast<const uint8_t*>(block) + half_bytes(head_dim);
    const auto* codes = reinterpret_cast<const int8_t*>(base) + position * head_dim + dims.d;
    const auto* scales = reinterpret_cast<const float16_t*>(base + codes_bytes(head_dim));
    const float32x4_t scale = vcvt_f32_f16(vld1_dup_f16(scales + position * (head_dim / 32) + dims.d / 32));
    for (int i = 0; i < kDims; i += 8) {
      const RowFloats eight = widen(vld1_s8(codes + i)) * RowFloats{{scale, scale}};
      vst1q_f32(out + i, eight.v[0]);
      vst1q_f32(out + i + 4, eight.v[1]);
    }
  }

  static void store(const float* k, const float* v, int32_t head_dim, int position, void* block) {
    auto* base = static_cast<uint8_t*>(block);
    auto* k_codes = reinterpret_cast<int8_t*>(base);
    uint8_t* k_scales = base + codes_bytes(head_dim);
    auto* v_codes = reinterpret_cast<int8_t*>(base + half_bytes(head_dim)) + position * head_dim;
    uint8_t* v_scales = base + half_bytes(head_dim) + codes_bytes(head_dim);
    for (int32_t d = 0; d < head_dim; d += 32) {
      int8_t codes[32];
      uint16_t scale = quantize(k + d, codes);
      __builtin_memcpy(k_scales + (d / 32 * kKvBlock + position) * 2, &scale, 2);
      for (int i = 0; i < 32; i += 4) __builtin_memcpy(k_codes + ((d + i) / 4 * kKvBlock + position) * 4, codes + i, 4);
      scale = quantize(v + d, v_codes + d);
      __builtin_memcpy(v_scales + (position * (head_dim / 32) + d / 32) * 2, &scale, 2);
    }
  }

 private:
  // Codes of 32 elements for the scale as F16 rounds it, which is returned.
  static uint16_t quantize(const float* x, int8_t* codes) {
    // The kind of maximum that keeps a NaN: the scale becomes NaN, not the block silently smaller.
    float32x4_t largest = vdupq_n_f32(0);
    for (int i = 0; i < 32; i += 4) largest = vmaxq_f32(largest, vabsq_f32(vld1q_f32(x + i)));
    const float16x4_t half = vcvt_f16_f32(vdupq_n_f32(vmaxvq_f32(largest) / 127.0F));
    const float32x4_t scale = vcvt_f32_f16(half), limit = vdupq_n_f32(127.0F);
    const uint32x4_t usable = vcgtq_f32(scale, vdupq_n_f32(0));
    for (int i = 0; i < 32; i += 4) {
      const float32x4_t scaled = vmaxq_f32(vminq_f32(vdivq_f32(vld1q_f32(x + i), scale), limit), vnegq_f32(limit));
      const int32x4_t code = vandq_s32(vcvtnq_s32_f32(scaled), vreinterpretq_s32_u32(usable));
      const int8x8_t bytes = vmovn_s16(vcombine_s16(vmovn_s32(code), vdup_n_s16(0)));
      vst1_lane_u32(reinterpret_cast<uint32_t*>(codes + i), vreinterpret_u32_s8(bytes), 0);
    }
    return vget_lane_u16(vreinterpret_u16_f16(half), 0);
  }
};

}  // namespace
}  // namespace tenfold::kernels::neon
