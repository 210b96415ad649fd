// Element-wise kernels on rows.
#include "kernels/neon/neon_parts.h"
#include "kernels/neon/simd.h"
#include "kernels/neon/vector_math.h"

namespace tenfold::kernels::neon {

namespace {

// out = f(a, b), four at a time. The tail goes through the same arithmetic. out may be a or b.
template <typename F>
inline void for_each_pair(const float* a, const float* b, int64_t n, float* out, F&& f) {
  int64_t i = 0;
  for (; i + 4 <= n; i += 4) vst1q_f32(out + i, f(vld1q_f32(a + i), vld1q_f32(b + i)));
  if (i < n) store_first(out + i, f(load_first(a + i, n - i), load_first(b + i, n - i)), n - i);
}

template <typename F>
inline void for_each_in(float* y, int64_t n, F&& f) {
  for_each_pair(y, y, n, y, [&](float32x4_t v, float32x4_t) { return f(v); });
}

// x / (1 + exp(−slope)): x·σ(slope)
inline float32x4_t gated(float32x4_t x, float32x4_t slope) {
  return vdivq_f32(x, vaddq_f32(vdupq_n_f32(1.0F), exp4(vnegq_f32(slope))));
}

void silu_mul(const float* gate, const float* up, int64_t n, float* out) noexcept {
  for_each_pair(gate, up, n, out, [](float32x4_t x, float32x4_t u) { return vmulq_f32(gated(x, x), u); });
}

// 0.5·x·(1 + tanh(s)) = x·σ(2s), s = √(2/π)·(x + 0.044715·x³): without the cancellation of 1 + tanh.
void gelu_mul(const float* gate, const float* up, int64_t n, float* out) noexcept {
  for_each_pair(gate, up, n, out, [](float32x4_t x, float32x4_t u) {
    const float32x4_t cubic = vmulq_f32(vmulq_n_f32(x, 0.044715F), vmulq_f32(x, x));
    const float32x4_t slope = vmulq_n_f32(vaddq_f32(x, cubic), 2 * 0.7978845608F);
    return vmulq_f32(gated(x, slope), u);
  });
}

void gelu_erf(float* x, int64_t n) noexcept {
  for_each_in(x, n, [](float32x4_t v) {
    const float32x4_t both_sides = vaddq_f32(vdupq_n_f32(1.0F), erf4(vmulq_n_f32(v, 0.70710678F)));
    return vmulq_f32(vmulq_n_f32(v, 0.5F), both_sides);
  });
}

void add(float* y, const float* x, int64_t n) noexcept {
  for_each_pair(y, x, n, y, [](float32x4_t a, float32x4_t b) { return vaddq_f32(a, b); });
}

void scale(float* y, float factor, int64_t n) noexcept {
  for_each_in(y, n, [=](float32x4_t v) { return vmulq_n_f32(v, factor); });
}

void softcap(float* y, float cap, int64_t n) noexcept {
  for_each_in(y, n, [=](float32x4_t v) { return softcap4(v, cap); });
}

}  // namespace

void fill_activation_kernels(KernelTable& table) noexcept {
  table.silu_mul = silu_mul;
  table.gelu_mul = gelu_mul;
  table.gelu_erf = gelu_erf;
  table.add = add;
  table.scale = scale;
  table.softcap = softcap;
}

}  // namespace tenfold::kernels::neon
