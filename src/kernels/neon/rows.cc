// Quantisation, normalisation and rotation of rows. The first two give the scalar table's bits.
#include "kernels/neon/neon_parts.h"
#include "kernels/neon/panel_layout.h"
#include "kernels/neon/simd.h"

namespace tenfold::kernels::neon {

namespace {

// Round to nearest even, and to ±127 at most; NaN becomes 0.
inline int8x16_t to_codes(const float32x4_t (&x)[4], float inverse) {
  int32x4_t codes[4];
  for (int i = 0; i < 4; ++i) {
    const float32x4_t scaled = vmulq_n_f32(x[i], inverse);
    codes[i] = vcvtnq_s32_f32(vmaxq_f32(vminq_f32(scaled, vdupq_n_f32(127.0F)), vdupq_n_f32(-127.0F)));
  }
  const int16x8_t low = vcombine_s16(vmovn_s32(codes[0]), vmovn_s32(codes[1]));
  const int16x8_t high = vcombine_s16(vmovn_s32(codes[2]), vmovn_s32(codes[3]));
  return vcombine_s8(vmovn_s16(low), vmovn_s16(high));
}

void quantize_q8(const float* x, int64_t k, void* row) noexcept {
  auto* bytes = static_cast<uint8_t*>(row);
  auto* codes = reinterpret_cast<int8_t*>(bytes);
  auto* scales = reinterpret_cast<float*>(bytes + q8_scales_offset(k));
  auto* sums32 = reinterpret_cast<int32_t*>(bytes + q8_sums32_offset(k));
  auto* sums16 = reinterpret_cast<int32_t*>(bytes + q8_sums16_offset(k));
  const size_t used = static_cast<size_t>(k + k / 2);
  __builtin_memset(bytes + used, 0, q8_row_bytes(k) - used);
  for (int64_t b = 0; b < k / kBlock; ++b) {
    float32x4_t v[2][4];
    uint32x4_t largest = vdupq_n_u32(0);  // magnitudes order as their bits do, infinity and NaN on top
    for (int i = 0; i < 8; ++i) {
      v[i / 4][i % 4] = vld1q_f32(x + b * kBlock + i * 4);
      largest = vmaxq_u32(largest, vreinterpretq_u32_f32(vabsq_f32(v[i / 4][i % 4])));
    }
    const uint32_t bits = vmaxvq_u32(largest);
    const bool finite = bits < 0x7f800000u;
    const float scale = __builtin_bit_cast(float, bits) / 127.0F;
    const float inverse = scale > 0 ? 1.0F / scale : 0.0F;
    scales[b] = finite ? scale : __builtin_nanf("");
    for (int half = 0; half < 2; ++half) {
      const int8x16_t q = finite ? to_codes(v[half], inverse) : vdupq_n_s8(0);
      vst1q_s8(codes + b * kBlock + half * kHalf, q);
      sums16[b * 2 + half] = vaddlvq_s8(q);
    }
    sums32[b] = sums16[b * 2] + sums16[b * 2 + 1];
  }
}

void rms_norm(const float* x, const float* weight, int64_t n, float eps, float* out) noexcept {
  float32x4_t lanes[4] = {};  // element i belongs to lane i % 16
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (int j = 0; j < 4; ++j) {
      const float32x4_t v = vld1q_f32(x + i + j * 4);
      lanes[j] = vfmaq_f32(lanes[j], v, v);
    }
  }
  for (int j = 0; i + j * 4 < n; ++j) {
    const float32x4_t v = load_first(x + i + j * 4, n - i - j * 4);
    lanes[j] = vfmaq_f32(lanes[j], v, v);
  }
  const float sum = sum_lanes(vaddq_f32(vaddq_f32(lanes[0], lanes[2]), vaddq_f32(lanes[1], lanes[3])));
  const float mean = sum / static_cast<float>(n);
  const float factor =
      mean < __builtin_inff() ? 1.0F / vget_lane_f32(vsqrt_f32(vdup_n_f32(mean + eps)), 0) : __builtin_nanf("");
  for (i = 0; i + 4 <= n; i += 4) {
    vst1q_f32(out + i, vmulq_f32(vmulq_n_f32(vld1q_f32(x + i), factor), vld1q_f32(weight + i)));
  }
  for (; i < n; ++i) out[i] = x[i] * factor * weight[i];
}

struct Pair {
  float32x4_t a;
  float32x4_t b;
};

inline Pair rotate(float32x4_t a, float32x4_t b, float32x4_t cos, float32x4_t sin) {
  return {vfmaq_f32(vnegq_f32(vmulq_f32(b, sin)), a, cos), vfmaq_f32(vmulq_f32(b, cos), a, sin)};
}

void rope_interleaved(float* x, const float* cos, const float* sin, int32_t n_pairs) noexcept {
  int32_t i = 0;
  for (; i + 4 <= n_pairs; i += 4) {
    float32x4x2_t pairs = vld2q_f32(x + 2 * i);
    const Pair turned = rotate(pairs.val[0], pairs.val[1], vld1q_f32(cos + i), vld1q_f32(sin + i));
    pairs.val[0] = turned.a, pairs.val[1] = turned.b;
    vst2q_f32(x + 2 * i, pairs);
  }
  for (; i < n_pairs; ++i) {
    const Pair turned =
        rotate(vdupq_n_f32(x[2 * i]), vdupq_n_f32(x[2 * i + 1]), vdupq_n_f32(cos[i]), vdupq_n_f32(sin[i]));
    x[2 * i] = vgetq_lane_f32(turned.a, 0), x[2 * i + 1] = vgetq_lane_f32(turned.b, 0);
  }
}

void rope_neox(float* x, const float* cos, const float* sin, int32_t n_pairs) noexcept {
  for (int32_t i = 0; i < n_pairs; i += 4) {
    const int32_t n = n_pairs - i;
    float* a = x + i;
    float* b = x + n_pairs + i;
    const Pair turned = rotate(load_first(a, n), load_first(b, n), load_first(cos + i, n), load_first(sin + i, n));
    store_first(a, turned.a, n);
    store_first(b, turned.b, n);
  }
}

}  // namespace

void fill_row_kernels(KernelTable& table) noexcept {
  table.quantize_q8 = quantize_q8;
  table.rms_norm = rms_norm;
  table.rope_interleaved = rope_interleaved;
  table.rope_neox = rope_neox;
}

}  // namespace tenfold::kernels::neon
