// Weights, plainly: a panel is four file rows one after the other, and a product is a sum in the order of k.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/contracts.h"
#include "kernels/scalar/codes.h"
#include "kernels/scalar/scalar_table.h"
#include "tensor/dequantize.h"

namespace tenfold::kernels::scalar {

namespace {

constexpr int kPanelRows = 4;
constexpr int kMaxUnroll = 256;

std::size_t file_row_bytes(DType type, int64_t k) { return row_bytes(type, k); }

const unsigned char* row_at(const MatMulArgs& a, DType type, int32_t row) {
  const std::size_t panel = (file_row_bytes(type, a.k) * kPanelRows + 63) / 64 * 64;
  return static_cast<const unsigned char*>(a.panels) + static_cast<std::size_t>(row / kPanelRows) * panel +
         static_cast<std::size_t>(row % kPanelRows) * file_row_bytes(type, a.k);
}

template <DType kType>
std::size_t panel_bytes(int64_t k) noexcept {
  return (file_row_bytes(kType, k) * kPanelRows + 63) / 64 * 64;
}

template <DType kType>
void pack(const void* rows, int n_rows, int64_t k, void* panel) noexcept {
  TENFOLD_DCHECK(n_rows >= 1 && n_rows <= kPanelRows);
  std::memset(panel, 0, panel_bytes<kType>(k));
  std::memcpy(panel, rows, file_row_bytes(kType, k) * static_cast<std::size_t>(n_rows));
}

template <DType kType>
void unpack(const void* panel, int n_rows, int64_t k, void* rows) noexcept {
  TENFOLD_DCHECK(n_rows >= 1 && n_rows <= kPanelRows);
  std::memcpy(rows, panel, file_row_bytes(kType, k) * static_cast<std::size_t>(n_rows));
}

template <DType kType>
void row_to_f32(const void* panel, int row, int64_t k, float* out) noexcept {
  TENFOLD_DCHECK(row >= 0 && row < kPanelRows);
  const auto* bytes = static_cast<const unsigned char*>(panel);
  dequantize_row(kType, bytes + static_cast<std::size_t>(row) * file_row_bytes(kType, k), k, out);
}

// Calls body(row, token) for each output of the call.
template <typename Body>
void for_each_output(const MatMulArgs& a, Body&& body) {
  TENFOLD_DCHECK(a.panel_begin >= 0 && a.panel_begin <= a.panel_end && a.n_tokens >= 0);
  TENFOLD_DCHECK(reinterpret_cast<std::uintptr_t>(a.panels) % 64 == 0);
  const int32_t end = a.panel_end * kPanelRows < a.n_rows ? a.panel_end * kPanelRows : a.n_rows;
  for (int32_t row = a.panel_begin * kPanelRows; row < end; ++row) {
    for (int32_t token = 0; token < a.n_tokens; ++token) body(row, token);
  }
}

template <DType kType>
void mat_mul_f32(const MatMulArgs& a) noexcept {
  const int64_t step = is_quantized(kType) ? dtype_traits(kType).block_elems : 1;
  const int64_t unroll = is_quantized(kType) ? step : kMaxUnroll;
  for_each_output(a, [&](int32_t row, int32_t token) {
    const unsigned char* w = row_at(a, kType, row);
    const auto* x = reinterpret_cast<const float*>(static_cast<const unsigned char*>(a.x) +
                                                   static_cast<std::size_t>(token) * a.x_stride_bytes);
    float sum = 0;
    float values[kMaxUnroll];
    for (int64_t i = 0; i < a.k; i += unroll) {
      const int64_t n = a.k - i < unroll ? a.k - i : unroll;
      dequantize_row(kType, w + file_row_bytes(kType, i), n, values);
      for (int64_t j = 0; j < n; ++j) sum = std::fma(values[j], x[i + j], sum);
    }
    a.y[token * a.y_stride + row] = sum;
  });
}

template <DType kType>
void mat_mul_q8(const MatMulArgs& a) noexcept {
  for_each_output(a, [&](int32_t row, int32_t token) {
    const unsigned char* w = row_at(a, kType, row);
    const auto* x = static_cast<const unsigned char*>(a.x) + static_cast<std::size_t>(token) * a.x_stride_bytes;
    const auto* codes = reinterpret_cast<const int8_t*>(x);
    const auto* scales = reinterpret_cast<const float*>(x + q8_scales_offset(a.k));
    const auto* sums16 = reinterpret_cast<const int32_t*>(x + q8_sums16_offset(a.k));
    float sum = 0;
    for (int64_t b = 0; b < a.k / 32; ++b) {
      CodeBlock block;
      decode_block(kType, w, b, block);
      for (int h = 0; h < 2; ++h) {
        int32_t dot = 0;
        for (int i = h * 16; i < h * 16 + 16; ++i) dot += block.codes[i] * codes[b * 32 + i];
        sum = std::fma(block.scale[h] * scales[b], static_cast<float>(dot), sum);
        sum = std::fma(-block.min[h] * scales[b], static_cast<float>(sums16[b * 2 + h]), sum);
      }
    }
    a.y[token * a.y_stride + row] = sum;
  });
}

template <DType kType>
WeightKernels kernels_of() {
  return {panel_bytes<kType>, pack<kType>,        unpack<kType>,
          row_to_f32<kType>,  mat_mul_f32<kType>, is_quantized(kType) ? mat_mul_q8<kType> : nullptr};
}

template <int kFirst, int kEnd>
void fill(KernelTable& table) {
  if constexpr (kFirst < kEnd) {
    table.weights[kFirst] = kernels_of<static_cast<DType>(kFirst)>();
    fill<kFirst + 1, kEnd>(table);
  }
}

}  // namespace

void add_weight_kernels(KernelTable& table) {
  table.panel_rows = kPanelRows;
  fill<0, kNumDTypes>(table);
}

}  // namespace tenfold::kernels::scalar
