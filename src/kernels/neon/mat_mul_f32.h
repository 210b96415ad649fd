// Products with float activations: a stretch of the panel is made floats once, then meets every token.
//
// Each output is a sum over stretches of 256 elements; within one, even and odd elements are summed apart (two chains
// of FMAs), then added. Neither depends on the number of tokens.
#pragma once

#include "kernels/neon/panel_floats.h"
#include "kernels/neon/panel_layout.h"
#include "kernels/neon/simd.h"

namespace tenfold::kernels::neon {
namespace {

struct FloatTile {
  const float* w;  // [n][8]
  int64_t n;
  const uint8_t* x;  // of the tile's first token, first element
  size_t x_stride_bytes;
  const float* x_row(int token) const {
    return reinterpret_cast<const float*>(x + static_cast<size_t>(token) * x_stride_bytes);
  }
};

template <int kTokens>
inline void multiply_floats(const FloatTile& tile, RowFloats (&out)[kTokens]) {
  float32x4_t sums[kTokens][2][2] = {};  // [token][even, odd][quad]
  int64_t i = 0;
  for (; i + 4 <= tile.n; i += 4) {
    float32x4_t x[kTokens];
    unroll<kTokens>([&](auto t) { x[t.value] = vld1q_f32(tile.x_row(t.value) + i); });
    unroll<4>([&](auto e) __attribute__((always_inline)) {
      const float* w = tile.w + (i + e.value) * kPanelRows;
      const float32x4_t rows[2] = {vld1q_f32(w), vld1q_f32(w + 4)};
      unroll<kTokens * 2>([&](auto j) __attribute__((always_inline)) {
        constexpr int kT = j.value / 2, kQuad = j.value % 2;
        float32x4_t& sum = sums[kT][e.value % 2][kQuad];
        sum = vfmaq_laneq_f32(sum, rows[kQuad], x[kT], e.value);
      });
    });
  }
  for (; i < tile.n; ++i) {
    const float* w = tile.w + i * kPanelRows;
    for (int t = 0; t < kTokens; ++t) {
      const float x = tile.x_row(t)[i];
      for (int quad = 0; quad < 2; ++quad) {
        float32x4_t& sum = sums[t][i % 2][quad];
        sum = vfmaq_n_f32(sum, vld1q_f32(w + quad * 4), x);
      }
    }
  }
  for (int t = 0; t < kTokens; ++t) {
    out[t] = {{vaddq_f32(sums[t][0][0], sums[t][1][0]), vaddq_f32(sums[t][0][1], sums[t][1][1])}};
  }
}

// y[rows of a panel] = or += sums.
inline void put_rows(float* y, int n_rows, RowFloats sums, int64_t k_begin) {
  for (int quad = 0; quad < 2; ++quad) {
    float* at = y + quad * 4;
    const int n = n_rows - quad * 4;
    store_first(at, k_begin == 0 ? sums.v[quad] : vaddq_f32(load_first(at, n), sums.v[quad]), n);
  }
}

template <int kTokens>
inline void mat_mul_f32_tile(const FloatTile& tile, float* y, int64_t y_stride, int n_rows, int64_t k_begin) {
  RowFloats sums[kTokens];
  multiply_floats<kTokens>(tile, sums);
  for (int t = 0; t < kTokens; ++t) put_rows(y + t * y_stride, n_rows, sums[t], k_begin);
}

template <Order kOrder, DType kType>
void mat_mul_f32(const MatMulArgs& args) noexcept {
  alignas(64) float buffer[kStretch * kPanelRows];
  for (int32_t panel = args.panel_begin; panel < args.panel_end; ++panel) {
    const uint8_t* at =
        static_cast<const uint8_t*>(args.panels) + static_cast<size_t>(panel) * bytes_of_panel<kType>(args.k);
    const int rest = args.n_rows - panel * kPanelRows, n_rows = rest < kPanelRows ? rest : kPanelRows;
    for (int64_t k = 0; k < args.k; k += kStretch) {
      const int64_t n = args.k - k < kStretch ? args.k - k : kStretch;
      const auto* x = static_cast<const uint8_t*>(args.x) + static_cast<size_t>(k) * sizeof(float);
      FloatTile tile{panel_floats<kOrder, kType>(at, k, n, buffer), n, x, args.x_stride_bytes};
      float* y = args.y + static_cast<int64_t>(panel) * kPanelRows;
      int32_t token = 0;
      for (; token + 4 <= args.n_tokens; token += 4) {
        mat_mul_f32_tile<4>(tile, y + token * args.y_stride, args.y_stride, n_rows, k);
        tile.x += 4 * args.x_stride_bytes;
      }
      for (; token < args.n_tokens; ++token) {
        mat_mul_f32_tile<1>(tile, y + token * args.y_stride, args.y_stride, n_rows, k);
        tile.x += args.x_stride_bytes;
      }
    }
  }
}

template <Order kOrder, DType kType>
void row_to_f32(const void* panel, int row, int64_t k, float* out) noexcept {
  alignas(64) float buffer[kStretch * kPanelRows];
  for (int64_t i = 0; i < k; i += kStretch) {
    const int64_t n = k - i < kStretch ? k - i : kStretch;
    const float* values = panel_floats<kOrder, kType>(static_cast<const uint8_t*>(panel), i, n, buffer);
    for (int64_t j = 0; j < n; ++j) out[i + j] = values[j * kPanelRows + row];
  }
}

}  // namespace
}  // namespace tenfold::kernels::neon
