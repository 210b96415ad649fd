// Small steps that every NEON kernel takes. Everything has internal linkage: files compiled for different instruction
// sets include this.
#pragma once

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

namespace tenfold::kernels::neon {
namespace {

// Calls body(Index<0>), …, body(Index<kN − 1>): unrolled, and `i.value` may be an immediate operand.
template <int kN>
struct Index {
  static constexpr int value = kN;
};
template <int kN, typename Body>
[[gnu::always_inline]] inline void unroll(Body&& body) {
  if constexpr (kN > 0) {
    unroll<kN - 1>(body);
    body(Index<kN - 1>{});
  }
}

// The low (0) or high (1) half, in both halves. GCC 12 makes three instructions of vcombine and vget.
template <int kWhichHalf>
inline int8x16_t twice(int8x16_t v) {
  return vreinterpretq_s8_s64(vdupq_laneq_s64(vreinterpretq_s64_s8(v), kWhichHalf));
}
template <int kWhichHalf>
inline float32x4_t twice(float32x4_t v) {
  return vreinterpretq_f32_f64(vdupq_laneq_f64(vreinterpretq_f64_f32(v), kWhichHalf));
}

// One float for each row of a panel.
struct RowFloats {
  float32x4_t v[2];
};

inline RowFloats load_halves(const void* p) {
  const float16x8_t h = vreinterpretq_f16_u16(vld1q_u16(static_cast<const uint16_t*>(p)));
  return {{vcvt_f32_f16(vget_low_f16(h)), vcvt_high_f32_f16(h)}};
}

inline RowFloats load_bfloats(const void* p) {
  const uint16x8_t b = vld1q_u16(static_cast<const uint16_t*>(p));
  return {{vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(b), 16)), vreinterpretq_f32_u32(vshll_high_n_u16(b, 16))}};
}

// Where integers |n| < 2^22 begin that become floats: 1.5·2^(23 − kFraction). Neighbours of that float are 2^−kFraction
// apart, so n more in its bits is n·2^−kFraction more in its value, and a subtraction makes the float, exactly. A
// conversion takes a core two micro-ops, and only half of its pipes have it.
template <int kFraction>
constexpr float kFloatStart = 12582912.0F / (1 << kFraction);
template <int kFraction = 0>
inline int32x4_t float_start() {
  return vreinterpretq_s32_f32(vdupq_n_f32(kFloatStart<kFraction>));
}
template <int kFraction = 0>
inline float32x4_t to_float(int32x4_t sum_from_start) {
  return vsubq_f32(vreinterpretq_f32_s32(sum_from_start), vdupq_n_f32(kFloatStart<kFraction>));
}

inline RowFloats widen(int8x8_t bytes) {
  const int16x8_t words = vmovl_s8(bytes);
  return {{to_float(vaddw_s16(float_start(), vget_low_s16(words))), to_float(vaddw_high_s16(float_start(), words))}};
}

inline RowFloats operator*(RowFloats a, RowFloats b) {
  return {{vmulq_f32(a.v[0], b.v[0]), vmulq_f32(a.v[1], b.v[1])}};
}

// (a0 + a2) + (a1 + a3)
inline float sum_lanes(float32x4_t a) {
  const float32x2_t pair = vadd_f32(vget_low_f32(a), vget_high_f32(a));
  return vget_lane_f32(pair, 0) + vget_lane_f32(pair, 1);
}

// The first min(n, 4) elements; the other lanes are zero, or are not written.
inline float32x4_t load_first(const float* p, int64_t n) {
  if (n >= 4) return vld1q_f32(p);
  float lanes[4] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i] = p[i];
  return vld1q_f32(lanes);
}
inline void store_first(float* p, float32x4_t v, int64_t n) {
  if (n >= 4) return vst1q_f32(p, v);
  float lanes[4];
  vst1q_f32(lanes, v);
  for (int64_t i = 0; i < n; ++i) p[i] = lanes[i];
}

}  // namespace
}  // namespace tenfold::kernels::neon
