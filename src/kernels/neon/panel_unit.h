// One unit of a quantised panel, read as the multiply loops want it: w = scale·code·2^-kFraction + offset.
#pragma once

#include "kernels/neon/bit_planes.h"
#include "kernels/neon/panel_layout.h"
#include "kernels/neon/simd.h"
#include "tensor/quant_blocks.h"

namespace tenfold::kernels::neon {
namespace {

template <DType kType>
class PanelUnit {
  using Layout = UnitLayout<kType>;
  static constexpr TypeLayout kLayout = Layout::kLayout;

 public:
  using Planes = BitPlanes<kLayout.bits, kLayout.has_zero_point>;
  static constexpr int kBlocks = Layout::kBlocks;
  static constexpr int kGroups = Layout::kGroups;
  static constexpr bool kHasOffset = kLayout.has_min;
  static constexpr int kFraction = Planes::kShift;
  static constexpr int kBytes = Layout::kBytes;

  explicit PanelUnit(const uint8_t* at) : at_(at), d_(load_halves(at)) {
    if constexpr (kHasOffset) {
      offset_ = load_halves(at + 16);
      if constexpr (kLayout.sub_scales != SubScales::kNone) {
        offset_ = {{vnegq_f32(offset_.v[0]), vnegq_f32(offset_.v[1])}};
      }
    }
  }

  // The 8 vectors of a half, in the panel's order.
  template <int kWhichHalf>
  [[gnu::always_inline]] inline void codes(int block, int8x16_t (&out)[8]) const {
    const uint8_t* planes = block_at(block) + Layout::kSubBytes;
    unroll<8>([&](auto c) __attribute__((always_inline)) {
      out[c.value] = vreinterpretq_s8_u8(Planes::template decode<kWhichHalf * 8 + c.value>(planes));
      if constexpr (kLayout.has_levels) {
        out[c.value] = vqtbl1q_s8(vld1q_s8(kIQ4Values), vreinterpretq_u8_s8(out[c.value]));
      }
    });
  }

  // Factors as the file rounds them: d·s is exact in F32.
  RowFloats scale(int block, int group) const {
    const uint8_t* sub = block_at(block);
    if constexpr (kLayout.sub_scales == SubScales::kNone) return d_;
    if constexpr (kLayout.sub_scales == SubScales::kTwo) sub += group * kPanelRows;
    if constexpr (kLayout.sub_scales == SubScales::kNibblePairs) {
      return d_ * widen(vreinterpret_s8_u8(vand_u8(vld1_u8(sub + group * kPanelRows), vdup_n_u8(15))));
    }
    return d_ * widen(vreinterpret_s8_u8(vld1_u8(sub)));
  }

  RowFloats offset(int block, int group) const {
    const uint8_t* sub = block_at(block);
    if constexpr (kLayout.sub_scales == SubScales::kNone) return offset_;
    if constexpr (kLayout.sub_scales == SubScales::kNibblePairs) {
      return offset_ * widen(vreinterpret_s8_u8(vshr_n_u8(vld1_u8(sub + group * kPanelRows), 4)));
    }
    return offset_ * widen(vreinterpret_s8_u8(vld1_u8(sub + kPanelRows)));
  }

 private:
  const uint8_t* block_at(int block) const { return at_ + Layout::kHeaderBytes + block * Layout::kBlockBytes; }

  const uint8_t* at_;
  RowFloats d_;
  RowFloats offset_;
};

}  // namespace
}  // namespace tenfold::kernels::neon
