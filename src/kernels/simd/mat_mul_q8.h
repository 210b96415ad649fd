// y = W·x for every quantised type with Q8 activations.
//
// A tile is kPanels panels × kTokens tokens. For each 32 elements: the exact integer dot products (the zero point
// folded into their start values); then once times the weights' scales, once times the token's scale. That order of
// operations does not depend on the tile, hence neither do results.
//
// Up to kFewTokens tokens have a tile of just their number and one panel: memory is the limit, or nearly. More are cut
// into tiles of kTilePanels × kTileTokens, as many as keep all their sums in registers.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd/panel_reader.h"
#include "kernels/simd/token_block.h"
#include "kernels/simd/vectors.h"

namespace tenfold::kernels {
namespace {

constexpr int kFewTokens = 8;

// --- A block of a tile

// 32 elements of a panel. One code vector after the other is unpacked when the sums need it, so that it costs no
// register for longer.
template <DType kType>
struct PanelBlock {
  const uint8_t* block_scales;  // of its file block
  const uint8_t* planes;
  int part;  // of its file block

  template <int kVector>
  [[gnu::always_inline]] I32 codes() const {
    return code_vector<kType, kVector>(planes);
  }
  [[gnu::always_inline]] void scales(F32 (&d)[2], F32 (&m)[2]) const { load_scales<kType>(block_scales, part, d, m); }
};

// The integer sums of code vectors kVector and up of a group.
template <DType kType, int kGroup, int kVector, int kPanels, int kTokens, typename Tokens>
[[gnu::always_inline]] inline void add_dots(const PanelBlock<kType> (&blocks)[kPanels], const Tokens& tokens,
                                            PartialDot (&partial)[kPanels][kTokens], I32 (&sums)[kPanels][kTokens]) {
  constexpr BlockFormat kFormat = format_of(kType);
  constexpr int kVectors = 8 / kFormat.groups;
  if constexpr (kVector < (kGroup + 1) * kVectors) {
    I32 codes[kPanels];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) codes[p] = blocks[p].template codes<kVector>();
#pragma GCC unroll 8
    for (int t = 0; t < kTokens; ++t) {
      const I32 elements = tokens.codes(t, kVector);
      const auto start = [&] { return has_start(kFormat) ? tokens.start(kGroup, t) : splat_int(0); };
#pragma GCC unroll 4
      for (int p = 0; p < kPanels; ++p) {
        add_dot<kFormat, kVector % kVectors, kVectors>(codes[p], elements, start, partial[p][t], sums[p][t]);
      }
    }
    add_dots<kType, kGroup, kVector + 1>(blocks, tokens, partial, sums);
  }
}

template <DType kType, int kGroup, int kPanels, int kTokens, typename Tokens>
[[gnu::always_inline]] inline void group_dots(const PanelBlock<kType> (&blocks)[kPanels], const Tokens& tokens,
                                              I32 (&sums)[kPanels][kTokens]) {
  PartialDot partial[kPanels][kTokens];
  add_dots<kType, kGroup, kGroup * (8 / format_of(kType).groups)>(blocks, tokens, partial, sums);
}

// y += the panels' block times the tokens' block.
template <DType kType, int kPanels, int kTokens, typename Tokens>
[[gnu::always_inline]] inline void multiply_block(const PanelBlock<kType> (&blocks)[kPanels], const Tokens& tokens,
                                                  F32 (&y)[kPanels][kTokens]) {
  constexpr BlockFormat kFormat = format_of(kType);
  I32 sums[kPanels][kTokens];
  group_dots<kType, 0>(blocks, tokens, sums);
  F32 d[kPanels][2], m[kPanels][2];  // only now: until here, the sums need the registers
#pragma GCC unroll 4
  for (int p = 0; p < kPanels; ++p) blocks[p].scales(d[p], m[p]);
  F32 product[kPanels][kTokens];
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) product[p][t] = mul(to_float(sums[p][t]), d[p][0]);
  }
  if constexpr (kFormat.groups == 2) {
    group_dots<kType, 1>(blocks, tokens, sums);
#pragma GCC unroll 8
    for (int t = 0; t < kTokens; ++t) {
#pragma GCC unroll 4
      for (int p = 0; p < kPanels; ++p) product[p][t] = fma(to_float(sums[p][t]), d[p][1], product[p][t]);
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
    const F32 scale = tokens.scale(t);
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) y[p][t] = fma(product[p][t], scale, y[p][t]);
    if constexpr (kFormat.has_min()) {
#pragma GCC unroll 2
      for (int g = 0; g < kFormat.groups; ++g) {
        const F32 offset = tokens.offset(g, t);
#pragma GCC unroll 4
        for (int p = 0; p < kPanels; ++p) y[p][t] = fma(m[p][g], offset, y[p][t]);
      }
    }
  }
}

// --- Tiles

// One tile, parts [first, end); `first` begins a unit.
template <DType kType, int kPanels, int kTokens>
[[gnu::always_inline]] inline void multiply_panels(const MatMulArgs& a, int32_t p, int token, int64_t first,
                                                   int64_t end, TileTokens<kType, kTokens> tokens) {
  using Layout = QuantLayout<kType>;
  const size_t panel_bytes = Layout::panel_bytes(a.k);
  const auto* panels = static_cast<const uint8_t*>(a.panels) + static_cast<size_t>(p) * panel_bytes;
  const uint8_t* unit = panels + Layout::scales_offset(first);
  float* out = a.y + token * a.y_stride + static_cast<int64_t>(p) * kLanes;
  F32 y[kPanels][kTokens];
#pragma GCC unroll 4
  for (int i = 0; i < kPanels; ++i) {
#pragma GCC unroll 8
    for (int t = 0; t < kTokens; ++t) {
      const float* sum = out + t * a.y_stride + i * kLanes;
      y[i][t] = first == 0 ? zero() : load_first(sum, rows_of_panel(a, p + i));
    }
  }
  // Where in a unit its part lies is a constant wherever a unit has few of them.
  const auto multiply_part = [&](int part) __attribute__((always_inline)) {
    constexpr size_t kPartBytes = Layout::kUnitBytes / Layout::kUnitParts;
    if (kPanels == 1 && a.prefetch_bytes > 0) {
      const uint8_t* ahead = unit + a.prefetch_bytes + static_cast<size_t>(part) * kPartBytes;
      for (size_t line = 0; line < kPartBytes; line += 64) __builtin_prefetch(ahead + line);
    }
    const uint8_t* scales = unit + static_cast<size_t>(part / Layout::kBlockParts) * Layout::kScaleBytes;
    const uint8_t* codes = unit + Layout::kUnitScaleBytes + static_cast<size_t>(part) * Layout::kCodeBytes;
    PanelBlock<kType> blocks[kPanels];
#pragma GCC unroll 4
    for (int i = 0; i < kPanels; ++i) {
      blocks[i] = {scales + i * panel_bytes, codes + i * panel_bytes, part % Layout::kBlockParts};
    }
    multiply_block(blocks, tokens, y);
    tokens.next();
  };
  int64_t left = end - first;
  for (; left >= Layout::kUnitParts; left -= Layout::kUnitParts, unit += Layout::kUnitBytes) {
    if constexpr (Layout::kUnitParts == 2) {
      multiply_part(0);
      multiply_part(1);
    } else {
      for (int part = 0; part < Layout::kUnitParts; ++part) multiply_part(part);
    }
  }
  for (int part = 0; part < left; ++part) multiply_part(part);  // the last unit may be a block short
#pragma GCC unroll 4
  for (int i = 0; i < kPanels; ++i) {
#pragma GCC unroll 8
    for (int t = 0; t < kTokens; ++t) {
      store_first(out + t * a.y_stride + i * kLanes, y[i][t], rows_of_panel(a, p + i));
    }
  }
}

// Panels [panel_begin, panel_end), a multiple of kPanels, times tokens [token, token + kTokens).
template <DType kType, int kPanels, int kTokens>
[[gnu::noinline]] void multiply_tile(const MatMulArgs& a, int32_t panel_begin, int32_t panel_end, int token) {
  using Terms = SumTerms<kType, kTokens>;
  alignas(64) Terms terms;
  const int64_t n_blocks = a.k / kBlock;
  for (int64_t first = 0; first < n_blocks; first += Terms::kMaxBlocks) {
    const int64_t end = n_blocks - first < Terms::kMaxBlocks ? n_blocks : first + Terms::kMaxBlocks;
    terms.prepare(a, token, first, end - first);
    for (int32_t p = panel_begin; p < panel_end; p += kPanels) {
      multiply_panels<kType, kPanels, kTokens>(a, p, token, first, end, {a, token, first, terms});
    }
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
  multiply_tile<kType, 1, kTokens>(a, panel_begin, panel_end, token);
}

template <DType kType, int kPanels, int kTokens>
void multiply_tiles(const MatMulArgs& a, int32_t panel_begin, int32_t panel_end) {
  int token = 0;
  if (a.n_tokens > kFewTokens) {
    for (; a.n_tokens - token >= kTokens; token += kTokens) {
      multiply_tile<kType, kPanels, kTokens>(a, panel_begin, panel_end, token);
    }
  }
  if (token < a.n_tokens) multiply_few_tokens<kType>(a, panel_begin, panel_end, token, a.n_tokens - token);
}

template <DType kType>
void mat_mul_q8(const MatMulArgs& a) noexcept {
  const int32_t fit = panels_in_cache(QuantLayout<kType>::panel_bytes(a.k));
  for (int32_t begin = a.panel_begin; begin < a.panel_end; begin += fit) {
    const int32_t end = a.panel_end - begin < fit ? a.panel_end : begin + fit;
    const int32_t odd = a.n_tokens > kFewTokens ? (end - begin) % kTilePanels : 0;
    multiply_tiles<kType, kTilePanels, kTileTokens>(a, begin, end - odd);
    if (odd > 0) multiply_tiles<kType, 1, kFewTokens>(a, end - odd, end);
  }
}

template <int kFirst = 0>
consteval void add_mat_mul_q8(KernelTable& table) {
  if constexpr (kFirst < kNumDTypes) {
    constexpr auto kType = static_cast<DType>(kFirst);
    if constexpr (kType > DType::kBF16) table.weights[kFirst].mat_mul_q8 = mat_mul_q8<kType>;
    add_mat_mul_q8<kFirst + 1>(table);
  }
}

// The entries of a table that are made here.
consteval KernelTable mat_mul_q8_entries() {
  KernelTable table{};
  add_mat_mul_q8(table);
  return table;
}

}  // namespace
}  // namespace tenfold::kernels
