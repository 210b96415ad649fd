// Row kernels, plainly.
#include <cmath>
#include <cstring>

#include "base/contracts.h"
#include "kernels/scalar/scalar_table.h"

namespace tenfold::kernels::scalar {

namespace {

constexpr int kLanes = 16;  // of a sum over a row: fixed, so that vector code of up to 16 lanes can follow

void quantize_q8(const float* x, int64_t k, void* row) noexcept {
  TENFOLD_DCHECK(k >= 0 && k % 32 == 0);
  auto* bytes = static_cast<unsigned char*>(row);
  auto* codes = reinterpret_cast<int8_t*>(bytes);
  auto* scales = reinterpret_cast<float*>(bytes + q8_scales_offset(k));
  auto* sums32 = reinterpret_cast<int32_t*>(bytes + q8_sums32_offset(k));
  auto* sums16 = reinterpret_cast<int32_t*>(bytes + q8_sums16_offset(k));
  std::memset(bytes + k + k / 2, 0, q8_row_bytes(k) - static_cast<std::size_t>(k + k / 2));
  for (int64_t b = 0; b < k / 32; ++b) {
    const float* block = x + b * 32;
    float largest = 0;
    bool finite = true;
    for (int i = 0; i < 32; ++i) {
      finite = finite && std::isfinite(block[i]);
      largest = std::fabs(block[i]) > largest ? std::fabs(block[i]) : largest;
    }
    const float scale = largest / 127.0F;
    const float inverse = scale > 0 && finite ? 1.0F / scale : 0.0F;
    scales[b] = finite ? scale : std::nanf("");
    int32_t sums[2] = {0, 0};
    for (int i = 0; i < 32; ++i) {
      const float scaled = finite ? block[i] * inverse : 0.0F;
      // A tiny scale has an inverse of infinity; what that makes of 0 and of the rest is clamped here.
      const float clamped = scaled > 127.0F ? 127.0F : scaled >= -127.0F ? scaled : scaled < -127.0F ? -127.0F : 0.0F;
      const auto code = static_cast<int8_t>(std::nearbyint(clamped));
      codes[b * 32 + i] = code;
      sums[i / 16] += code;
    }
    sums16[b * 2] = sums[0];
    sums16[b * 2 + 1] = sums[1];
    sums32[b] = sums[0] + sums[1];
  }
}

void rms_norm(const float* x, const float* weight, int64_t n, float eps, float* out) noexcept {
  TENFOLD_DCHECK(n >= 1);
  float lanes[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i % kLanes] = std::fma(x[i], x[i], lanes[i % kLanes]);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  const float mean = lanes[0] / static_cast<float>(n);
  const float factor = std::isfinite(mean) ? 1.0F / std::sqrt(mean + eps) : std::nanf("");
  for (int64_t i = 0; i < n; ++i) out[i] = x[i] * factor * weight[i];
}

void rope_interleaved(float* x, const float* cos, const float* sin, int32_t n_pairs) noexcept {
  for (int32_t i = 0; i < n_pairs; ++i) {
    const float a = x[2 * i], b = x[2 * i + 1];
    x[2 * i] = std::fma(a, cos[i], -(b * sin[i]));
    x[2 * i + 1] = std::fma(a, sin[i], b * cos[i]);
  }
}

void rope_neox(float* x, const float* cos, const float* sin, int32_t n_pairs) noexcept {
  for (int32_t i = 0; i < n_pairs; ++i) {
    const float a = x[i], b = x[i + n_pairs];
    x[i] = std::fma(a, cos[i], -(b * sin[i]));
    x[i + n_pairs] = std::fma(a, sin[i], b * cos[i]);
  }
}

void silu_mul(const float* gate, const float* up, int64_t n, float* out) noexcept {
  for (int64_t i = 0; i < n; ++i) out[i] = gate[i] / (1.0F + std::exp(-gate[i])) * up[i];
}

// 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), Hendrycks and Gimpel, arXiv 1606.08415.
void gelu_mul(const float* gate, const float* up, int64_t n, float* out) noexcept {
  for (int64_t i = 0; i < n; ++i) {
    const float x = gate[i];
    out[i] = 0.5F * x * (1.0F + std::tanh(0.7978845608F * (x + 0.044715F * x * x * x))) * up[i];
  }
}

void gelu_erf(float* x, int64_t n) noexcept {
  for (int64_t i = 0; i < n; ++i) x[i] = 0.5F * x[i] * (1.0F + std::erf(0.70710678F * x[i]));
}

void add(float* y, const float* x, int64_t n) noexcept {
  for (int64_t i = 0; i < n; ++i) y[i] += x[i];
}

void scale(float* y, float factor, int64_t n) noexcept {
  for (int64_t i = 0; i < n; ++i) y[i] *= factor;
}

void softcap(float* y, float cap, int64_t n) noexcept {
  TENFOLD_DCHECK(cap > 0);
  for (int64_t i = 0; i < n; ++i) y[i] = cap * std::tanh(y[i] / cap);
}

}  // namespace

void add_row_kernels(KernelTable& table) {
  table.quantize_q8 = quantize_q8;
  table.rms_norm = rms_norm;
  table.rope_interleaved = rope_interleaved;
  table.rope_neox = rope_neox;
  table.silu_mul = silu_mul;
  table.gelu_mul = gelu_mul;
  table.gelu_erf = gelu_erf;
  table.add = add;
  table.scale = scale;
  table.softcap = softcap;
}

}  // namespace tenfold::kernels::scalar
