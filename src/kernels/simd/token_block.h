// The tokens of a tile as its products read them, 32 elements at a time. Include after the instruction set's simd.h.
//
// Two ways with the same numbers. Few tokens are read where they lie. Many are first gathered into a scratch, where one
// pointer reaches everything that a tile needs of a block: that pays once several panels pass over it.
//
// Both have, for the block they stand at:
//   codes(t), code_stride   32 codes of token t; bytes from one token's to the next
//   scale(t)                its scale, in every lane
//   start(g, t)             −zero point · Σ codes of group g: where the integer sums begin
//   offset(g, t)            scale · Σ codes of group g: what the weights' minimum is multiplied with
//   next()                  goes to the next block
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd/block_format.h"

namespace tenfold::kernels {
namespace {

constexpr bool has_start(BlockFormat format) { return dot_zero_point(format) != 0; }

// --- Where they lie

template <DType kType>
struct RowTokens {
  static constexpr BlockFormat kFormat = format_of(kType);
  static constexpr int kGroups = kFormat.groups;

  const uint8_t* row_codes;
  const uint8_t* row_scales;
  const uint8_t* row_sums;
  size_t code_stride;  // from one row to the next

  RowTokens(const MatMulArgs& a, int token)
      : row_codes(static_cast<const uint8_t*>(a.x) + static_cast<size_t>(token) * a.x_stride_bytes),
        row_scales(row_codes + q8_scales_offset(a.k)),
        row_sums(row_codes + (kGroups == 1 ? q8_sums32_offset(a.k) : q8_sums16_offset(a.k))),
        code_stride(a.x_stride_bytes) {}

  [[gnu::always_inline]] const uint8_t* codes(int t) const { return row_codes + static_cast<size_t>(t) * code_stride; }
  [[gnu::always_inline]] F32 scale(int t) const {
    return splat_float(row_scales + static_cast<size_t>(t) * code_stride);
  }
  [[gnu::always_inline]] I32 sum(int g, int t) const {
    return splat_word(row_sums + static_cast<size_t>(t) * code_stride + 4 * g);
  }
  [[gnu::always_inline]] I32 start(int g, int t) const {
    constexpr int kZeroPoint = dot_zero_point(kFormat);
    static_assert((kZeroPoint & (kZeroPoint - 1)) == 0, "a shift instead of a product");
    return sub_int(splat_int(0), shift_left<__builtin_ctz(kZeroPoint)>(sum(g, t)));
  }
  [[gnu::always_inline]] F32 offset(int g, int t) const { return mul(scale(t), to_float(sum(g, t))); }
  [[gnu::always_inline]] void next() {
    row_codes += kBlock;
    row_scales += 4;
    row_sums += 4 * kGroups;
  }
};

// --- Gathered

constexpr size_t kTokenScratchBytes = 24 * 1024;  // leaves the L1 cache room for the panel

// codes[tokens][32], float scale[tokens], then for each group int32 start[tokens] if there is a zero point, float
// offset[tokens] if there is a minimum.
template <DType kType, int kTokens>
struct GatheredTokens {
  static constexpr BlockFormat kFormat = format_of(kType);
  static constexpr size_t code_stride = kBlock;
  static constexpr int kScales = kBlock * kTokens;
  static constexpr int kStarts = kScales + 4 * kTokens;
  static constexpr int kOffsets = kStarts + (has_start(kFormat) ? 4 * kTokens * kFormat.groups : 0);
  static constexpr int kBytes = kOffsets + (kFormat.has_min() ? 4 * kTokens * kFormat.groups : 0);
  static constexpr int64_t kMaxBlocks = static_cast<int64_t>(kTokenScratchBytes) / kBytes / 8 * 8;

  const uint8_t* block;

  [[gnu::always_inline]] const uint8_t* codes(int t) const { return block + t * kBlock; }
  [[gnu::always_inline]] F32 scale(int t) const { return splat_float(block + kScales + t * 4); }
  [[gnu::always_inline]] I32 start(int g, int t) const { return splat_word(block + kStarts + (g * kTokens + t) * 4); }
  [[gnu::always_inline]] F32 offset(int g, int t) const {
    return splat_float(block + kOffsets + (g * kTokens + t) * 4);
  }
  [[gnu::always_inline]] void next() { block += kBytes; }
};

// Fills the scratch with blocks [first, first + n_blocks) of n_tokens tokens; the last token stands in for missing
// ones.
template <DType kType, int kTokens>
void gather_tokens(const MatMulArgs& a, int token, int n_tokens, int64_t first, int64_t n_blocks, uint8_t* out) {
  using Tokens = GatheredTokens<kType, kTokens>;
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
      memcpy(block + t * kBlock, codes + i * kBlock, kBlock);
      memcpy(block + Tokens::kScales + t * 4, &scale, 4);
      for (int g = 0; g < kGroups; ++g) {
        int32_t sum;
        memcpy(&sum, sums + (i * kGroups + g) * 4, 4);
        const int at = (g * kTokens + t) * 4;
        if constexpr (has_start(Tokens::kFormat)) {
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

}  // namespace
}  // namespace tenfold::kernels
