// How a panel of 8 rows lies in memory.
//
// A row of a quantised type is a sequence of units (one block of the file: 32 elements, or 8 blocks of 32), and so is a
// panel: memory is read in one ascending stream, which prefetchers follow. A unit of a panel:
//   F16 d[8 rows], then F16 m[8 rows] (or dmin) where the type has one;
//   for each 32 elements its sub-scales, [1 or 2][8 rows] bytes;
//   for each 32 elements the codes of 8 rows as bit planes (bit_planes.h), whose vectors never cross a cache line.
// F32, F16 and BF16 panels are [k][8 rows].
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels::neon {
namespace {

constexpr int kPanelRows = 8;
constexpr int kBlock = 32;  // elements that share a scale of the activations
constexpr int kHalf = 16;   // elements that the kernels unpack at once: 8 vectors of 16 codes
constexpr int kHalfBytes = kPanelRows * kHalf;

// Which of a half's 128 codes is next to which: what one multiply instruction eats.
//   kQuads: a vector is 4 rows × 4 elements (sdot by element); kPairs: 2 rows × 8 elements (smmla, smull)
enum class Order : uint8_t { kQuads, kPairs };

constexpr int run_of(Order order) { return order == Order::kQuads ? 4 : 8; }  // elements of one row side by side

// Position of (row, element) in a half.
constexpr int code_position(Order order, int row, int k) {
  const int run = run_of(order), rows = 16 / run;
  return ((row / rows) * (kHalf / run) + k / run) * 16 + row % rows * run + k % run;
}

enum class SubScales : uint8_t {
  kNone,         // w = d·q (+ m)
  kOne,          // signed byte for 32 elements: w = d·s·q
  kTwo,          // signed byte for each 16
  kScaleMin,     // scale and minimum for 32: w = d·s·q − dmin·m
  kNibblePairs,  // scale in the low, minimum in the high nibble, for each 16
};

struct TypeLayout {
  int bits;             // of a code
  bool has_zero_point;  // codes are stored in two's complement, 2^(bits − 1) taken away; else unsigned
  bool has_levels;      // codes are indices into kIQ4Values
  bool has_min;
  SubScales sub_scales;
};

constexpr TypeLayout layout_of(DType type) {
  switch (type) {
    case DType::kQ4_0: return {4, true, false, false, SubScales::kNone};
    case DType::kQ4_1: return {4, false, false, true, SubScales::kNone};
    case DType::kQ5_0: return {5, true, false, false, SubScales::kNone};
    case DType::kQ5_1: return {5, false, false, true, SubScales::kNone};
    case DType::kQ8_0: return {8, true, false, false, SubScales::kNone};
    case DType::kQ2_K: return {2, false, false, true, SubScales::kNibblePairs};
    case DType::kQ3_K: return {3, true, false, false, SubScales::kTwo};
    case DType::kQ4_K: return {4, false, false, true, SubScales::kScaleMin};
    case DType::kQ5_K: return {5, false, false, true, SubScales::kScaleMin};
    case DType::kQ6_K: return {6, true, false, false, SubScales::kTwo};
    case DType::kIQ4_NL: return {4, false, true, false, SubScales::kNone};
    case DType::kIQ4_XS: return {4, false, true, false, SubScales::kOne};
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16: break;
  }
  return {};
}

constexpr int sub_scales_a_row(SubScales sub_scales) {  // bytes for 32 elements
  return sub_scales == SubScales::kNone ? 0 : sub_scales == SubScales::kOne ? 1 : 2;
}

template <DType kType>
struct UnitLayout {
  static constexpr TypeLayout kLayout = layout_of(kType);
  static constexpr int kBlocks = kLayout.sub_scales == SubScales::kNone ? 1 : 8;
  // Groups of a block with a scale of their own.
  static constexpr int kGroups =
      kLayout.sub_scales == SubScales::kTwo || kLayout.sub_scales == SubScales::kNibblePairs ? 2 : 1;
  static constexpr int kSubBytes = sub_scales_a_row(kLayout.sub_scales) * kPanelRows;
  static constexpr int kHeaderBytes = (kLayout.has_min ? 2 : 1) * kPanelRows * 2;
  static constexpr int kCodeBytes = kLayout.bits * kBlock * kPanelRows / 8;
  static constexpr int kBytes = kHeaderBytes + kBlocks * (kSubBytes + kCodeBytes);

  // Where in a unit those of a block of 32 elements begin.
  static constexpr int sub_scales_at(int block) { return kHeaderBytes + block * kSubBytes; }
  static constexpr int codes_at(int block) { return sub_scales_at(kBlocks) + block * kCodeBytes; }
};

constexpr size_t round_up_64(size_t n) { return (n + 63) / 64 * 64; }

template <DType kType>
constexpr size_t bytes_of_panel(int64_t k) {
  if constexpr (kType == DType::kF32) return round_up_64(static_cast<size_t>(k) * kPanelRows * 4);
  if constexpr (kType == DType::kF16 || kType == DType::kBF16) {
    return round_up_64(static_cast<size_t>(k) * kPanelRows * 2);
  }
  using Unit = UnitLayout<kType>;
  return round_up_64(static_cast<size_t>(k / (kBlock * Unit::kBlocks)) * Unit::kBytes);
}

}  // namespace
}  // namespace tenfold::kernels::neon
