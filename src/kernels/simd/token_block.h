// The tokens of a tile as its products read them, 32 elements at a time.
//
// Codes and scales are read where they lie. What the weights' zero point or minimum makes of the sums of codes does not
// depend on the panel, so it is prepared once for all of them, as many blocks at a time as fit the scratch.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd/block_format.h"
#include "kernels/simd/vectors.h"

namespace tenfold::kernels {
namespace {

constexpr bool has_start(BlockFormat format) { return dot_zero_point(format) != 0; }

constexpr int kTermBytes = 16 * 1024;

// What the sums of codes are good for: a term for each token, block and group.
//   a zero point: int32 −zero point · Σ codes, where the integer sums begin
//   a minimum:    float scale · Σ codes, what the weights' minimum is multiplied with
template <DType kType, int kTokens>
struct SumTerms {
  static constexpr BlockFormat kFormat = format_of(kType);
  static_assert(!(has_start(kFormat) && kFormat.has_min()), "one kind of term");
  static constexpr int kGroups = kFormat.groups;
  static constexpr int kMaxTerms = kTermBytes / 4 / kTokens / 32 * 32;  // of a token; whole units of a panel
  static constexpr int64_t kMaxBlocks = kMaxTerms / kGroups;

  int32_t starts[has_start(kFormat) ? kTokens : 1][has_start(kFormat) ? kMaxTerms : 1];
  float offsets[kFormat.has_min() ? kTokens : 1][kFormat.has_min() ? kMaxTerms : 1];

  // For blocks [first, first + n_blocks) of kTokens tokens.
  void prepare(const MatMulArgs& a, int token, int64_t first, int64_t n_blocks) {
    for (int t = 0; t < kTokens; ++t) {
      const auto* row = static_cast<const uint8_t*>(a.x) + static_cast<size_t>(token + t) * a.x_stride_bytes;
      const uint8_t* sums = row + (kGroups == 1 ? q8_sums32_offset(a.k) : q8_sums16_offset(a.k)) + first * 4 * kGroups;
      const uint8_t* scales = row + q8_scales_offset(a.k) + first * 4;
      for (int64_t i = 0; i < n_blocks * kGroups; ++i) {
        int32_t sum;
        memcpy(&sum, sums + i * 4, 4);
        if constexpr (has_start(kFormat)) starts[t][i] = -dot_zero_point(kFormat) * sum;
        if constexpr (kFormat.has_min()) {
          float scale;
          memcpy(&scale, scales + i / kGroups * 4, 4);
          offsets[t][i] = scale * static_cast<float>(sum);
        }
      }
    }
  }
};

// Walks through the blocks of a tile.
template <DType kType, int kTokens>
class TileTokens {
 public:
  // At block `first`, where the terms begin.
  TileTokens(const MatMulArgs& a, int token, int64_t first, const SumTerms<kType, kTokens>& terms)
      : codes_(static_cast<const uint8_t*>(a.x) + static_cast<size_t>(token) * a.x_stride_bytes + first * kBlock),
        scales_(codes_ - first * kBlock + q8_scales_offset(a.k) + first * 4),
        stride_(a.x_stride_bytes),
        starts_(terms.starts[0]),
        offsets_(terms.offsets[0]) {}

  // Elements 4j…4j+3 of token t, in every lane.
  [[gnu::always_inline]] I32 codes(int t, int j) const {
    return splat_word(codes_ + static_cast<size_t>(t) * stride_ + 4 * j);
  }
  [[gnu::always_inline]] F32 scale(int t) const { return splat_float(scales_ + static_cast<size_t>(t) * stride_); }
  [[gnu::always_inline]] I32 start(int g, int t) const { return splat_word(starts_ + t * kMaxTerms + g); }
  [[gnu::always_inline]] F32 offset(int g, int t) const { return splat_float(offsets_ + t * kMaxTerms + g); }
  [[gnu::always_inline]] void next() {
    codes_ += kBlock;
    scales_ += 4;
    starts_ += kGroups;
    offsets_ += kGroups;
  }

 private:
  static constexpr int kGroups = SumTerms<kType, kTokens>::kGroups;
  static constexpr int kMaxTerms = SumTerms<kType, kTokens>::kMaxTerms;

  const uint8_t* codes_;
  const uint8_t* scales_;
  size_t stride_;  // from one token's row to the next
  const int32_t* starts_;
  const float* offsets_;
};

}  // namespace
}  // namespace tenfold::kernels
