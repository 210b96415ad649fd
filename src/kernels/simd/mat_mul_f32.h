// y = W·x with float activations, for every type; and one row of a panel as floats.
//
// Weights become floats 32 elements at a time (exactly the values of dequantize_row), in a buffer that all tokens of a
// tile share. Each output is one chain of FMAs in the order of k, whatever the tile.
#pragma once

#include "kernels/simd/panel_reader.h"
#include "kernels/simd/vectors.h"

namespace tenfold::kernels {
namespace {

// How far ahead of the loads memory is asked for plain weights of a single panel: the processor's own prefetcher stops
// at the end of a page.
constexpr int kPrefetchBytes = 8192;

using WeightBlock = float[kBlock][kLanes];

template <DType kType, int kIndex>
[[gnu::always_inline]] inline void widen_codes(const I32 (&codes)[8], const F32* d, const F32* m, WeightBlock& out) {
  constexpr BlockFormat kFormat = format_of(kType);
  if constexpr (kIndex < 4) {
    for (int j = 0; j < 8; ++j) {
      const int g = j * kFormat.groups / 8;
      F32 w = mul(d[g], code_to_float<kFormat, kIndex>(codes[j]));
      if constexpr (kFormat.has_min()) w = add(w, m[g]);
      store(out[4 * j + kIndex], w);
    }
    widen_codes<kType, kIndex + 1>(codes, d, m, out);
  }
}

template <DType kType>
constexpr size_t bytes_of_panel(int64_t k) {
  if constexpr (kType == DType::kF32) return pad_to_64(static_cast<size_t>(k) * kLanes * 4);
  if constexpr (kType == DType::kF16 || kType == DType::kBF16) return pad_to_64(static_cast<size_t>(k) * kLanes * 2);
  if constexpr ((kType > DType::kBF16)) return QuantLayout<kType>::panel_bytes(k);
}

// Elements [at, at + n) of a panel, n ≤ 32: a pointer to [n][kLanes] floats, in `buffer` unless the panel has them.
template <DType kType>
[[gnu::always_inline]] inline const float* read_weights(const void* panel, int64_t at, int64_t n, WeightBlock& buffer) {
  if constexpr (kType == DType::kF32) {
    return static_cast<const float*>(panel) + at * kLanes;
  } else if constexpr (kType == DType::kF16 || kType == DType::kBF16) {
    const auto* p = static_cast<const uint16_t*>(panel) + at * kLanes;
    for (int64_t i = 0; i < n; ++i) {
      store(buffer[i], kType == DType::kF16 ? load_half(p + i * kLanes) : load_bfloat(p + i * kLanes));
    }
  } else {
    using Layout = QuantLayout<kType>;
    const auto* bytes = static_cast<const uint8_t*>(panel);
    const int64_t part = at / kBlock;
    F32 d[2], m[2];
    I32 codes[8];
    load_scales<kType>(bytes + Layout::scales_offset(part), static_cast<int>(part % Layout::kBlockParts), d, m);
    unpack_codes<kType>(bytes + Layout::codes_offset(part), codes);
    widen_codes<kType, 0>(codes, d, m, buffer);
  }
  return buffer[0];
}

template <DType kType>
void row_to_f32(const void* panel, int row, int64_t k, float* out) noexcept {
  alignas(64) WeightBlock buffer;
  for (int64_t at = 0; at < k; at += kBlock) {
    const int64_t n = k - at < kBlock ? k - at : kBlock;
    const float* w = read_weights<kType>(panel, at, n, buffer);
    for (int64_t i = 0; i < n; ++i) out[at + i] = w[i * kLanes + row];
  }
}

// Panels [p, p + kPanels) times tokens [token, token + kTokens).
template <DType kType, int kTokens, int kPanels>
[[gnu::noinline]] void multiply_floats(const MatMulArgs& a, int32_t p, int token) {
  alignas(64) WeightBlock buffers[kPanels];
  const auto* x = static_cast<const uint8_t*>(a.x) + static_cast<size_t>(token) * a.x_stride_bytes;
  const auto* panel = static_cast<const uint8_t*>(a.panels) + static_cast<size_t>(p) * bytes_of_panel<kType>(a.k);
  F32 y[kPanels][kTokens];
#pragma GCC unroll 8
  for (int i = 0; i < kPanels; ++i) {
#pragma GCC unroll 8
    for (int t = 0; t < kTokens; ++t) y[i][t] = zero();
  }
  for (int64_t at = 0; at < a.k; at += kBlock) {
    const int64_t n = a.k - at < kBlock ? a.k - at : kBlock;
    if constexpr (kPanels == 1 && kType <= DType::kBF16) {  // with several panels the processor sees the streams itself
      const size_t offset = bytes_of_panel<kType>(kBlock) * static_cast<size_t>(at / kBlock);
      for (size_t line = 0; line < bytes_of_panel<kType>(kBlock); line += 64) {
        __builtin_prefetch(panel + offset + kPrefetchBytes + line);
      }
    }
    const float* w[kPanels];
#pragma GCC unroll 8
    for (int i = 0; i < kPanels; ++i) {
      w[i] = read_weights<kType>(panel + static_cast<size_t>(i) * bytes_of_panel<kType>(a.k), at, n, buffers[i]);
    }
    for (int64_t j = 0; j < n; ++j) {
#pragma GCC unroll 8
      for (int t = 0; t < kTokens; ++t) {
        const F32 element = splat_float(x + static_cast<size_t>(t) * a.x_stride_bytes + (at + j) * 4);
#pragma GCC unroll 8
        for (int i = 0; i < kPanels; ++i) y[i][t] = fma(load(w[i] + j * kLanes), element, y[i][t]);
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kPanels; ++i) {
    float* out = a.y + token * a.y_stride + static_cast<int64_t>(p + i) * kLanes;
#pragma GCC unroll 8
    for (int t = 0; t < kTokens; ++t) store_first(out + t * a.y_stride, y[i][t], rows_of_panel(a, p + i));
  }
}

// Tokens from `token` on, as many as fill tiles of kTokens; gives back the first one that is left.
template <DType kType, int kTokens>
int multiply_floats_tokens(const MatMulArgs& a, int32_t panel_begin, int32_t panel_end, int token) {
  constexpr int kPanels = kTokens < 4 ? 4 / kTokens : 1;  // enough chains to hide the latency of an FMA
  for (; token + kTokens <= a.n_tokens; token += kTokens) {
    int32_t p = panel_begin;
    for (; p + kPanels <= panel_end; p += kPanels) multiply_floats<kType, kTokens, kPanels>(a, p, token);
    for (; p < panel_end; ++p) multiply_floats<kType, kTokens, 1>(a, p, token);
  }
  return token;
}

template <DType kType>
void mat_mul_f32(const MatMulArgs& a) noexcept {
  const int32_t fit = panels_in_cache(bytes_of_panel<kType>(a.k));
  for (int32_t begin = a.panel_begin; begin < a.panel_end; begin += fit) {
    const int32_t end = a.panel_end - begin < fit ? a.panel_end : begin + fit;
    int token = multiply_floats_tokens<kType, 8>(a, begin, end, 0);
    token = multiply_floats_tokens<kType, 4>(a, begin, end, token);
    token = multiply_floats_tokens<kType, 2>(a, begin, end, token);
    multiply_floats_tokens<kType, 1>(a, begin, end, token);
  }
}

template <int kFirst = 0>
consteval void add_mat_mul_f32(KernelTable& table) {
  if constexpr (kFirst < kNumDTypes) {
    constexpr auto kType = static_cast<DType>(kFirst);
    table.weights[kFirst].row_to_f32 = row_to_f32<kType>;
    table.weights[kFirst].mat_mul_f32 = mat_mul_f32<kType>;
    add_mat_mul_f32<kFirst + 1>(table);
  }
}

// The entries of a table that are made here.
consteval KernelTable mat_mul_f32_entries() {
  KernelTable table{};
  add_mat_mul_f32(table);
  return table;
}

}  // namespace
}  // namespace tenfold::kernels
