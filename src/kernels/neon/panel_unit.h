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
  static_assert(Layout::codes_at(0) % 16 == 0 && Layout::kCodeBytes % 16 == 0 && Layout::kBytes % 16 == 0);

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

  // Vector kI of a block, in the panel's order: 0…7 are the first half.
  template <int kI>
  [[gnu::always_inline]] inline int8x16_t codes(int block) const {
    const uint8x16_t code = Planes::template decode<kI>(at_ + Layout::codes_at(block));
    if constexpr (kLayout.has_levels) return vqtbl1q_s8(vld1q_s8(kIQ4Values), code);
    return vreinterpretq_s8_u8(code);
  }

  // Factors as the file rounds them: d·s is exact in F32.
  RowFloats scale(int block, int group) const {
    const uint8_t* sub = at_ + Layout::sub_scales_at(block);
    if constexpr (kLayout.sub_scales == SubScales::kNone) return d_;
    if constexpr (kLayout.sub_scales == SubScales::kTwo) sub += group * kPanelRows;
    if constexpr (kLayout.sub_scales == SubScales::kNibblePairs) {
      return d_ * widen(vreinterpret_s8_u8(vand_u8(vld1_u8(sub + group * kPanelRows), vdup_n_u8(15))));
    }
    return d_ * widen(vreinterpret_s8_u8(vld1_u8(sub)));
  }

  RowFloats offset(int block, int group) const {
    const uint8_t* sub = at_ + Layout::sub_scales_at(block);
    if constexpr (kLayout.sub_scales == SubScales::kNone) return offset_;
    if constexpr (kLayout.sub_scales == SubScales::kNibblePairs) {
      return offset_ * widen(vreinterpret_s8_u8(vshr_n_u8(vld1_u8(sub + group * kPanelRows), 4)));
    }
    return offset_ * widen(vreinterpret_s8_u8(vld1_u8(sub + kPanelRows)));
  }

 private:
  const uint8_t* at_;
  RowFloats d_;
  RowFloats offset_;
};

}  // namespace
}  // namespace tenfold::kernels::neon
