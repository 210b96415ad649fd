// y = W·x for every quantised type with Q8 activations. Include after the instruction set's simd.h.
//
// A tile is kTokens tokens × one panel. For each 32 elements its codes are unpacked once into 8 code vectors; then for
// each token: the exact integer dot product (the zero point folded into its start value), once times the weights'
// scales, once times the token's scale. That order of operations does not depend on kTokens, hence neither do results.
//
// Tokens are first copied into a scratch where one pointer reaches everything a tile needs of a block. The scratch
// holds as many blocks as leave the L1 cache room for the panel; between such chunks of k the sums wait in y.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd/panel_reader.h"

namespace tenfold::kernels {
namespace {

constexpr size_t kTokenScratchBytes = 24 * 1024;
// What a tile needs of its tokens for one block: codes[tokens][32], float scale[tokens], then for each group
// int32 start[tokens] (−zero point · Σ codes) if there is a zero point, float offset[tokens] (scale · Σ codes) if there
// is a minimum.
template <DType kType, int kTokens>
struct TokenBlock {
  static constexpr BlockFormat kFormat = format_of(kType);
  static constexpr bool kHasStart = dot_zero_point(kFormat) != 0;
  static constexpr int kScales = 32 * kTokens;
  static constexpr int kStarts = kScales + 4 * kTokens;
  static constexpr int kOffsets = kStarts + (kHasStart ? 4 * kTokens * kFormat.groups : 0);
  static constexpr int kBytes = kOffsets + (kFormat.has_min() ? 4 * kTokens * kFormat.groups : 0);
  static constexpr int64_t kChunk = static_cast<int64_t>(kTokenScratchBytes) / kBytes / 8 * 8;  // blocks in the scratch
};

// Fills the scratch with blocks [first, first + n_blocks) of n_tokens tokens; the last token stands in for missing
// ones.
template <DType kType, int kTokens>
void gather_tokens(const MatMulArgs& a, int token, int n_tokens, int64_t first, int64_t n_blocks, uint8_t* out) {
  using Tokens = TokenBlock<kType, kTokens>;
  constexpr int kGroups = Tokens::kFormat.groups;
  for (int t = 0; t < kTokens; ++t) {
    const int source = token + (t < n_tokens ? t : n_tokens - 1);
    const auto* row = static_cast<const uint8_t*>(a.x) + static_cast<size_t>(source) * a.x_stride_bytes;
    const uint8_t* codes = row + first * kBlock;
    const uint8_t* scales = row + q8_scales_offset(a.k) + first * 4;
    const uint8_t* sums = row + (kGroups == 1 ? q8_sums32_offset(a.k) : q8_sums16_offset(a.k)) + first * 4 * kGroups;
    uint8_t* block = out;
    for (int64_t i = 0; i < n_blocks; ++i, block += Tokens::kBytes) {
      float scale;
      memcpy(&scale, scales + i * 4, 4);
      memcpy(block + t * 32, codes + i * 32, 32);
      memcpy(block + Tokens::kScales + t * 4, &scale, 4);
      for (int g = 0; g < kGroups; ++g) {
        int32_t sum;
        memcpy(&sum, sums + (i * kGroups + g) * 4, 4);
        const int at = (g * kTokens + t) * 4;
        if constexpr (Tokens::kHasStart) {
          const int32_t start = -dot_zero_point(Tokens::kFormat) * sum;
          memcpy(block + Tokens::kStarts + at, &start, 4);
        }
        if constexpr (Tokens::kFormat.has_min()) {
          const float offset = scale * static_cast<float>(sum);
          memcpy(block + Tokens::kOffsets + at, &offset, 4);
        }
      }
    }
  }
}

// One block for tokens [kFirst, kFirst + kCount) of a tile.
template <DType kType, int kTokens, int kFirst, int kCount>
[[gnu::always_inline]] inline void multiply_block(const I32 (&codes)[8], const F32* d, const F32* m,
                                                  const uint8_t* tokens, F32* y) {
  using Tokens = TokenBlock<kType, kTokens>;
  constexpr BlockFormat kFormat = Tokens::kFormat;
  constexpr int kVectors = 8 / kFormat.groups;
  F32 product[kCount];
#pragma GCC unroll 2
  for (int g = 0; g < kFormat.groups; ++g) {
    I32 sums[kCount];
    const int at = (g * kTokens + kFirst) * 4;
#pragma GCC unroll 8
    for (int t = 0; t < kCount; ++t) {
      sums[t] = Tokens::kHasStart ? splat_word(tokens + Tokens::kStarts + at + t * 4) : splat_int(0);
    }
    dot<kFormat, kVectors>(codes + g * kVectors, tokens + kFirst * 32 + g * kVectors * 4, sums);
#pragma GCC unroll 8
    for (int t = 0; t < kCount; ++t) {
      product[t] = g == 0 ? mul(to_float(sums[t]), d[g]) : fma(to_float(sums[t]), d[g], product[t]);
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < kCount; ++t) {
    y[kFirst + t] = fma(product[t], splat_float(tokens + Tokens::kScales + (kFirst + t) * 4), y[kFirst + t]);
    if constexpr (kFormat.has_min()) {
#pragma GCC unroll 2
      for (int g = 0; g < kFormat.groups; ++g) {
        const uint8_t* offset = tokens + Tokens::kOffsets + (g * kTokens + kFirst + t) * 4;
        y[kFirst + t] = fma(m[g], splat_float(offset), y[kFirst + t]);
      }
    }
  }
}

template <DType kType, int kTokens, int kFirst = 0>
[[gnu::always_inline]] inline void multiply_block_groups(const I32 (&codes)[8], const F32* d, const F32* m,
                                                         const uint8_t* tokens, F32* y) {
  if constexpr (kFirst < kTokens) {
    constexpr int kCount = kTokens - kFirst < kTokenGroup ? kTokens - kFirst : kTokenGroup;
    multiply_block<kType, kTokens, kFirst, kCount>(codes, d, m, tokens, y);
    multiply_block_groups<kType, kTokens, kFirst + kCount>(codes, d, m, tokens, y);
  }
}

// y[t] += blocks [first, first + n_blocks) of the panel times the scratch.
template <DType kType, int kTokens>
[[gnu::always_inline]] inline void multiply_chunk(const uint8_t* panel, int64_t k, int64_t first, int64_t n_blocks,
                                                  const uint8_t* tokens, F32 (&y)[kTokens]) {
  using Layout = QuantLayout<kType>;
  const uint8_t* codes = panel + Layout::codes_offset(k) + static_cast<size_t>(first) * Layout::kCodeBytes;
  for (int64_t i = 0; i < n_blocks; ++i) {
    if constexpr (kTokens <= 8) {
      for (size_t line = 0; line < Layout::kCodeBytes; line += 64)
        __builtin_prefetch(codes + kPrefetchBytes + line, 0, 0);  // each is used once
    }
    F32 d[2], m[2];
    I32 vectors[8];
    load_scales<kType>(panel, first + i, d, m);
    unpack_codes<kType>(codes, vectors);
    multiply_block_groups<kType, kTokens>(vectors, d, m, tokens, y);
    codes += Layout::kCodeBytes;
    tokens += TokenBlock<kType, kTokens>::kBytes;
  }
}

template <DType kType, int kTokens>
[[gnu::noinline]] void multiply_tile(const MatMulArgs& a, int32_t panel_begin, int32_t panel_end, int token,
                                     int n_tokens) {
  using Tokens = TokenBlock<kType, kTokens>;
  alignas(64) uint8_t scratch[kTokenScratchBytes];
  const size_t panel_bytes = QuantLayout<kType>::panel_bytes(a.k);
  for (int64_t first = 0; first < a.k / kBlock; first += Tokens::kChunk) {
    const int64_t left = a.k / kBlock - first;
    const int64_t n_blocks = left < Tokens::kChunk ? left : Tokens::kChunk;
    gather_tokens<kType, kTokens>(a, token, n_tokens, first, n_blocks, scratch);
    for (int32_t p = panel_begin; p < panel_end; ++p) {
      const int n_rows = rows_of_panel(a, p);
      float* out = a.y + token * a.y_stride + static_cast<int64_t>(p) * kLanes;
      F32 y[kTokens];
#pragma GCC unroll 16
      for (int t = 0; t < kTokens; ++t) {
        y[t] = first == 0 || t >= n_tokens ? zero() : load_first(out + t * a.y_stride, n_rows);
      }
      const auto* panel = static_cast<const uint8_t*>(a.panels) + static_cast<size_t>(p) * panel_bytes;
      multiply_chunk<kType, kTokens>(panel, a.k, first, n_blocks, scratch, y);
#pragma GCC unroll 16
      for (int t = 0; t < kTokens; ++t) {
        if (t < n_tokens) store_first(out + t * a.y_stride, y[t], n_rows);
      }
    }
  }
}

// Picks the narrowest tile that holds n_tokens (1…kMaxTokens).
template <DType kType, int kTokens = 1>
void multiply_tokens(const MatMulArgs& a, int32_t panel_begin, int32_t panel_end, int token, int n_tokens) {
  if constexpr (kTokens < kMaxTokens) {
    if (n_tokens > kTokens) return multiply_tokens<kType, kTokens * 2>(a, panel_begin, panel_end, token, n_tokens);
  }
  multiply_tile<kType, kTokens>(a, panel_begin, panel_end, token, n_tokens);
}

template <DType kType>
void mat_mul_q8(const MatMulArgs& a) noexcept {
  const int32_t fit = panels_in_cache(QuantLayout<kType>::panel_bytes(a.k));
  for (int32_t begin = a.panel_begin; begin < a.panel_end; begin += fit) {
    const int32_t end = a.panel_end - begin < fit ? a.panel_end : begin + fit;
    for (int token = 0; token < a.n_tokens; token += kMaxTokens) {
      const int n_tokens = a.n_tokens - token < kMaxTokens ? a.n_tokens - token : kMaxTokens;
      multiply_tokens<kType>(a, begin, end, token, n_tokens);
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
