// y = W·x for every quantised type with Q8 activations. Include after the instruction set's simd.h.
//
// A tile is kTokens tokens × one panel. For each 32 elements its codes are unpacked once into 8 code vectors; then for
// each token: the exact integer dot product (the zero point folded into its start value), once times the weights'
// scales, once times the token's scale. That order of operations does not depend on kTokens, hence neither do results.
//
// Up to 8 tokens have a tile of just their number, which walks through whole panels: memory is the limit, or nearly.
// More are gathered in tiles of kMaxTokens, as many blocks at a time as fit the scratch; between such chunks of k the
// sums wait in y.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd/panel_reader.h"
#include "kernels/simd/token_block.h"

namespace tenfold::kernels {
namespace {

constexpr int kFewTokens = 8;

// One block for tokens [kFirst, kFirst + kCount) of a tile.
template <DType kType, int kFirst, int kCount, typename Tokens>
[[gnu::always_inline]] inline void multiply_block(const I32 (&codes)[8], const F32* d, const F32* m,
                                                  const Tokens& tokens, F32* y) {
  constexpr BlockFormat kFormat = format_of(kType);
  constexpr int kVectors = 8 / kFormat.groups;
  F32 product[kCount];
#pragma GCC unroll 2
  for (int g = 0; g < kFormat.groups; ++g) {
    I32 sums[kCount];
#pragma GCC unroll 8
    for (int t = 0; t < kCount; ++t) {
      if constexpr (has_start(kFormat)) {
        sums[t] = tokens.start(g, kFirst + t);
      } else {
        sums[t] = splat_int(0);
      }
    }
    dot<kFormat, kVectors>(codes + g * kVectors, tokens.codes(kFirst) + g * kVectors * 4, tokens.code_stride, sums);
#pragma GCC unroll 8
    for (int t = 0; t < kCount; ++t) {
      product[t] = g == 0 ? mul(to_float(sums[t]), d[g]) : fma(to_float(sums[t]), d[g], product[t]);
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < kCount; ++t) {
    y[kFirst + t] = fma(product[t], tokens.scale(kFirst + t), y[kFirst + t]);
    if constexpr (kFormat.has_min()) {
#pragma GCC unroll 2
      for (int g = 0; g < kFormat.groups; ++g) y[kFirst + t] = fma(m[g], tokens.offset(g, kFirst + t), y[kFirst + t]);
    }
  }
}

template <DType kType, int kTokens, int kFirst = 0, typename Tokens>
[[gnu::always_inline]] inline void multiply_block_groups(const I32 (&codes)[8], const F32* d, const F32* m,
                                                         const Tokens& tokens, F32* y) {
  if constexpr (kFirst < kTokens) {
    constexpr int kCount = kTokens - kFirst < kTokenGroup ? kTokens - kFirst : kTokenGroup;
    multiply_block<kType, kFirst, kCount>(codes, d, m, tokens, y);
    multiply_block_groups<kType, kTokens, kFirst + kCount>(codes, d, m, tokens, y);
  }
}

// y[t] += block i of the panel, whose codes are at `codes`, times the tokens' block.
template <DType kType, int kTokens, typename Tokens>
[[gnu::always_inline]] inline void multiply_panel_block(const uint8_t* panel, int64_t i, const uint8_t* codes,
                                                        const Tokens& tokens, F32 (&y)[kTokens]) {
  F32 d[2], m[2];
  I32 vectors[8];
  load_scales<kType>(panel, i, d, m);
  unpack_codes<kType>(codes, vectors);
  multiply_block_groups<kType, kTokens>(vectors, d, m, tokens, y);
}

// --- Few tokens

template <DType kType, int kTokens>
[[gnu::noinline]] void multiply_few(const MatMulArgs& a, int32_t panel_begin, int32_t panel_end, int token) {
  using Layout = QuantLayout<kType>;
  constexpr size_t kBlockBytes = Layout::kCodeBytes + Layout::kScaleBytes * kBlock / Layout::kFormat.elems();
  for (int32_t p = panel_begin; p < panel_end; ++p) {
    const auto* panel = static_cast<const uint8_t*>(a.panels) + static_cast<size_t>(p) * Layout::panel_bytes(a.k);
    const uint8_t* codes = panel + Layout::codes_offset(a.k);
    const uint8_t* ahead = panel + kPrefetchBytes;  // of the panel as it lies in memory, scales and codes
    RowTokens<kType> tokens(a, token);
    F32 y[kTokens];
#pragma GCC unroll 8
    for (int t = 0; t < kTokens; ++t) y[t] = zero();
    for (int64_t i = 0; i < a.k / kBlock; ++i) {
      for (size_t line = 0; line < kBlockBytes; line += 64)
        __builtin_prefetch(ahead + line, 0, 0);  // each is used once
      multiply_panel_block<kType, kTokens>(panel, i, codes, tokens, y);
      codes += Layout::kCodeBytes;
      ahead += kBlockBytes;
      tokens.next();
    }
    float* out = a.y + token * a.y_stride + static_cast<int64_t>(p) * kLanes;
#pragma GCC unroll 8
    for (int t = 0; t < kTokens; ++t) store_first(out + t * a.y_stride, y[t], rows_of_panel(a, p));
  }
}

// n_tokens: 1…kFewTokens
template <DType kType, int kTokens = 1>
void multiply_few_tokens(const MatMulArgs& a, int32_t panel_begin, int32_t panel_end, int token, int n_tokens) {
  if constexpr (kTokens < kFewTokens) {
    if (n_tokens > kTokens) {
      return multiply_few_tokens<kType, kTokens + 1>(a, panel_begin, panel_end, token, n_tokens);
    }
  }
  multiply_few<kType, kTokens>(a, panel_begin, panel_end, token);
}

// --- Many tokens

template <DType kType>
[[gnu::noinline]] void multiply_many(const MatMulArgs& a, int32_t panel_begin, int32_t panel_end, int token,
                                     int n_tokens) {
  using Layout = QuantLayout<kType>;
  using Tokens = GatheredTokens<kType, kMaxTokens>;
  alignas(64) uint8_t scratch[kTokenScratchBytes];
  for (int64_t first = 0; first < a.k / kBlock; first += Tokens::kMaxBlocks) {
    const int64_t left = a.k / kBlock - first;
    const int64_t end = first + (left < Tokens::kMaxBlocks ? left : Tokens::kMaxBlocks);
    gather_tokens<kType, kMaxTokens>(a, token, n_tokens, first, end - first, scratch);
    for (int32_t p = panel_begin; p < panel_end; ++p) {
      const int n_rows = rows_of_panel(a, p);
      const auto* panel = static_cast<const uint8_t*>(a.panels) + static_cast<size_t>(p) * Layout::panel_bytes(a.k);
      const uint8_t* codes = panel + Layout::codes_offset(a.k) + static_cast<size_t>(first) * Layout::kCodeBytes;
      float* out = a.y + token * a.y_stride + static_cast<int64_t>(p) * kLanes;
      Tokens tokens{scratch};
      F32 y[kMaxTokens];
#pragma GCC unroll 16
      for (int t = 0; t < kMaxTokens; ++t) {
        y[t] = first == 0 || t >= n_tokens ? zero() : load_first(out + t * a.y_stride, n_rows);
      }
      for (int64_t i = first; i < end; ++i) {
        multiply_panel_block<kType, kMaxTokens>(panel, i, codes, tokens, y);
        codes += Layout::kCodeBytes;
        tokens.next();
      }
#pragma GCC unroll 16
      for (int t = 0; t < kMaxTokens; ++t) {
        if (t < n_tokens) store_first(out + t * a.y_stride, y[t], n_rows);
      }
    }
  }
}

template <DType kType>
void mat_mul_q8(const MatMulArgs& a) noexcept {
  if (a.n_tokens <= kFewTokens) return multiply_few_tokens<kType>(a, a.panel_begin, a.panel_end, 0, a.n_tokens);
  const int32_t fit = panels_in_cache(QuantLayout<kType>::panel_bytes(a.k));
  for (int32_t begin = a.panel_begin; begin < a.panel_end; begin += fit) {
    const int32_t end = a.panel_end - begin < fit ? a.panel_end : begin + fit;
    for (int token = 0; token < a.n_tokens; token += kMaxTokens) {
      const int n_tokens = a.n_tokens - token < kMaxTokens ? a.n_tokens - token : kMaxTokens;
      if (n_tokens < kMaxTokens && n_tokens <= kFewTokens) {
        multiply_few_tokens<kType>(a, begin, end, token, n_tokens);
      } else {
        multiply_many<kType>(a, begin, end, token, n_tokens);
      }
    }
  }
}

template <int kFirst = 0>
void add_mat_mul_q8(KernelTable& table) {
  if constexpr (kFirst < kNumDTypes) {
    constexpr auto kType = static_cast<DType>(kFirst);
    if constexpr (kType > DType::kBF16) table.weights[kFirst].mat_mul_q8 = mat_mul_q8<kType>;
    add_mat_mul_q8<kFirst + 1>(table);
  }
}

}  // namespace
}  // namespace tenfold::kernels
