// Codes and scales of a packed panel, as vectors with a lane for each row.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd/panel_layout.h"
#include "kernels/simd/vectors.h"

namespace tenfold::kernels {
namespace {

template <DType kType>
using QuantLayout = PanelLayout<kType, kLanes>;

template <int kBits, int kTarget, int kVector>
[[gnu::always_inline]] inline I32 plane_vector(const uint8_t* plane) {
  constexpr int kField = kVector / kBits * kBits;  // its bits' place in the plane; kTarget is their place in the code
  constexpr uint32_t kMask = kEachByte * (((1U << kBits) - 1) << kTarget);
  const I32 bits = load_int(plane + kVector % kBits * (kLanes * 4));
  if constexpr (kBits == 8) return bits;
  const I32 moved = shift_left<(kTarget > kField ? kTarget - kField : 0)>(
      shift_right<(kField > kTarget ? kField - kTarget : 0)>(bits));
  return and_bits(moved, splat_int(static_cast<int32_t>(kMask)));
}

// One of the eight code vectors of 32 elements, as the dot product takes it.
template <DType kType, int kVector>
[[gnu::always_inline]] inline I32 code_vector(const uint8_t* planes) {
  constexpr BlockFormat kFormat = format_of(kType);
  I32 codes = plane_vector<kFormat.low_bits, 0, kVector>(planes);
  if constexpr (kFormat.high_bits > 0) {
    const uint8_t* high = planes + kFormat.low_bits * (kLanes * 4);
    codes = or_bits(codes, plane_vector<kFormat.high_bits, kFormat.low_bits, kVector>(high));
  }
  return dot_operand<kFormat>(codes);
}
template <DType kType, int kVector = 0>
[[gnu::always_inline]] inline void unpack_codes(const uint8_t* planes, I32 (&out)[8]) {
  if constexpr (kVector < 8) {
    out[kVector] = code_vector<kType, kVector>(planes);
    unpack_codes<kType, kVector + 1>(planes, out);
  }
}

// The scales of one part of a file block, whose scales are at `block`, a vector for each group: w = d[g]·q + m[g].
template <DType kType>
[[gnu::always_inline]] inline void load_scales(const uint8_t* block, int part, F32* d, F32* m) {
  using Layout = QuantLayout<kType>;
  constexpr BlockFormat kFormat = Layout::kFormat;
  d[0] = load_half(block);
  if constexpr (kFormat.has_min()) m[0] = load_half(block + 2 * kLanes);
  if constexpr (kFormat.is_super()) {
    const F32 d_all = d[0];
    const F32 m_all = kFormat.has_min() ? sub(zero(), m[0]) : zero();
    const uint8_t* group = block + Layout::kHalfBytes + part * kFormat.groups * Layout::kGroupBytes;
    for (int g = 0; g < kFormat.groups; ++g, group += Layout::kGroupBytes) {
      if constexpr (kFormat.scales == Scales::kSuper) d[g] = mul(d_all, load_i8(group));
      if constexpr (kFormat.scales == Scales::kSuperMin) {
        d[g] = mul(d_all, load_i8(group));
        m[g] = mul(m_all, load_i8(group + kLanes));
      }
      if constexpr (kFormat.scales == Scales::kSuperNibble) {
        F32 low, high;
        load_nibbles(group, low, high);
        d[g] = mul(d_all, low);
        m[g] = mul(m_all, high);
      }
    }
  }
}

// How many panels stay in the L2 cache while all tokens pass; at least 4.
inline int32_t panels_in_cache(size_t panel_bytes) {
  constexpr size_t kBytes = 384 * 1024;
  return panel_bytes > kBytes / 4 ? 4 : static_cast<int32_t>(kBytes / panel_bytes);
}

// Rows of y that panel `p` really has.
inline int rows_of_panel(const MatMulArgs& a, int32_t p) {
  const int64_t left = a.n_rows - static_cast<int64_t>(p) * kLanes;
  return left < kLanes ? static_cast<int>(left) : kLanes;
}

}  // namespace
}  // namespace tenfold::kernels
