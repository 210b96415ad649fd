// A stretch of a panel as floats [k][8 rows], rounded as the file format says (tensor/dequantize.h), bit for bit.
#pragma once

#include "kernels/neon/panel_layout.h"
#include "kernels/neon/panel_unit.h"
#include "kernels/neon/simd.h"

namespace tenfold::kernels::neon {
namespace {

constexpr int kStretch = 256;  // elements that are made floats at once

// For 4 rows × 4 elements: byte 4·k + row of what vqtbl takes from one vector of quads, or from two of pairs (elements
// 0…3 of 8; the others are 4 further on).
constexpr uint8_t kFromQuads[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
constexpr uint8_t kFromPairs[16] = {0, 8, 16, 24, 1, 9, 17, 25, 2, 10, 18, 26, 3, 11, 19, 27};

// Element-major codes of rows 4·kQuad…+3 and elements 4·kRun…+3.
template <Order kOrder, int kQuad, int kRun>
inline int8x16_t by_element(const int8x16_t (&codes)[8]) {
  if constexpr (kOrder == Order::kQuads) {
    return vqtbl1q_s8(codes[kQuad * 4 + kRun], vld1q_u8(kFromQuads));
  } else {
    const int8x16x2_t pairs = {{codes[kQuad * 4 + kRun / 2], codes[kQuad * 4 + 2 + kRun / 2]}};
    return vqtbl2q_s8(pairs, vaddq_u8(vld1q_u8(kFromPairs), vdupq_n_u8(kRun % 2 * 4)));
  }
}

template <int kFraction, bool kHasOffset>
inline void write_elements(int8x16_t codes, float32x4_t scale, float32x4_t offset, float* out) {
  if constexpr (kFraction > 0) codes = vshrq_n_s8(codes, kFraction);
  const int16x8_t words[2] = {vmovl_s8(vget_low_s8(codes)), vmovl_high_s8(codes)};
  unroll<4>([&](auto i) {
    const int16x8_t w = words[i.value / 2];
    const int32x4_t code = i.value % 2 == 0 ? vmovl_s16(vget_low_s16(w)) : vmovl_high_s16(w);
    float32x4_t value = vmulq_f32(vcvtq_f32_s32(code), scale);
    if constexpr (kHasOffset) value = vaddq_f32(value, offset);
    vst1q_f32(out + i.value * kPanelRows, value);
  });
}

template <Order kOrder, int kWhichHalf, typename Unit>
inline void half_to_floats(const Unit& unit, int block, float* out) {
  int8x16_t codes[8];
  unroll<8>([&](auto c) { codes[c.value] = unit.template codes<kWhichHalf * 8 + c.value>(block); });
  const int group = Unit::kGroups == 2 ? kWhichHalf : 0;
  const RowFloats scale = unit.scale(block, group);
  RowFloats offset{};
  if constexpr (Unit::kHasOffset) offset = unit.offset(block, group);
  unroll<8>([&](auto i) {
    constexpr int kQuad = i.value / 4, kRun = i.value % 4;
    write_elements<Unit::kFraction, Unit::kHasOffset>(by_element<kOrder, kQuad, kRun>(codes), scale.v[kQuad],
                                                      offset.v[kQuad], out + kRun * 4 * kPanelRows + kQuad * 4);
  });
}

// Elements [k_begin, k_begin + n) as floats, in buffer or where they lie. k_begin is a multiple of kStretch, n ≤
// kStretch.
template <Order kOrder, DType kType>
const float* panel_floats(const uint8_t* panel, int64_t k_begin, int64_t n, float* buffer) {
  if constexpr (kType == DType::kF32) return reinterpret_cast<const float*>(panel) + k_begin * kPanelRows;
  if constexpr (kType == DType::kF16 || kType == DType::kBF16) {
    const uint8_t* in = panel + k_begin * kPanelRows * 2;
    for (int64_t i = 0; i < n; ++i) {
      const uint8_t* at = in + i * kPanelRows * 2;
      const RowFloats rows = kType == DType::kF16 ? load_halves(at) : load_bfloats(at);
      vst1q_f32(buffer + i * kPanelRows, rows.v[0]);
      vst1q_f32(buffer + i * kPanelRows + 4, rows.v[1]);
    }
  }
  if constexpr (kType > DType::kBF16) {
    using Unit = PanelUnit<kType>;
    const int64_t first = k_begin / (kBlock * Unit::kBlocks);
    for (int64_t block = 0; block < n / kBlock; ++block) {
      const Unit unit(panel + (first + block / Unit::kBlocks) * Unit::kBytes);
      const int in_unit = static_cast<int>(block % Unit::kBlocks);
      float* out = buffer + block * kBlock * kPanelRows;
      half_to_floats<kOrder, 0>(unit, in_unit, out);
      half_to_floats<kOrder, 1>(unit, in_unit, out + kHalf * kPanelRows);
    }
  }
  return buffer;
}

}  // namespace
}  // namespace tenfold::kernels::neon
