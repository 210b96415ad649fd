// File rows → panel and back. Lossless: every code, scale and minimum is moved, none is computed with.
#pragma once

#include "kernels/neon/file_units.h"
#include "kernels/neon/panel_layout.h"
#include "kernels/neon/panel_unit.h"
#include "kernels/neon/simd.h"

namespace tenfold::kernels::neon {
namespace {

// A row of 16 codes to or from its runs in a half's 128.
template <Order kOrder>
inline void scatter(uint8x16_t codes, int row, uint8_t* half) {
  constexpr int kRun = run_of(kOrder);
  uint8_t bytes[kHalf];
  vst1q_u8(bytes, codes);
  for (int k = 0; k < kHalf; k += kRun) __builtin_memcpy(half + code_position(kOrder, row, k), bytes + k, kRun);
}

template <Order kOrder>
inline uint8x16_t gather(const uint8_t* half, int row) {
  constexpr int kRun = run_of(kOrder);
  uint8_t bytes[kHalf];
  for (int k = 0; k < kHalf; k += kRun) __builtin_memcpy(bytes + k, half + code_position(kOrder, row, k), kRun);
  return vld1q_u8(bytes);
}

template <typename Layout>
constexpr int kSubScales = Layout::kBlocks * Layout::kSubBytes / kPanelRows;  // of one row

template <Order kOrder, DType kType>
void pack_unit(const typename FileUnit<kType>::FileBlock (&rows)[kPanelRows], uint8_t* unit) {
  using Layout = UnitLayout<kType>;
  using Planes = typename PanelUnit<kType>::Planes;
  for (int row = 0; row < kPanelRows; ++row) {
    RowScales scales{};
    FileUnit<kType>::read(rows[row], scales);
    __builtin_memcpy(unit + row * 2, &scales.d, 2);
    if constexpr (Layout::kLayout.has_min) __builtin_memcpy(unit + 16 + row * 2, &scales.m, 2);
    for (int i = 0; i < kSubScales<Layout>; ++i) {
      unit[Layout::sub_scales_at(0) + i * kPanelRows + row] = scales.sub[i];
    }
  }
  for (int block = 0; block < Layout::kBlocks; ++block) {
    uint8_t codes[2 * kHalfBytes];
    for (int i = 0; i < 2 * kPanelRows; ++i) {
      const int row = i / 2, half = i % 2;
      scatter<kOrder>(read_codes<FileUnit<kType>>(rows[row], block, half), row, codes + half * kHalfBytes);
    }
    uint8_t* planes = unit + Layout::codes_at(block);
    unroll<16>([&](auto i) { Planes::template encode<i.value>(vld1q_u8(codes + i.value * 16), planes); });
  }
}

template <Order kOrder, DType kType>
void unpack_unit(const uint8_t* unit, typename FileUnit<kType>::FileBlock (&rows)[kPanelRows]) {
  using Layout = UnitLayout<kType>;
  using Planes = typename PanelUnit<kType>::Planes;
  for (int row = 0; row < kPanelRows; ++row) {
    RowScales scales{};
    __builtin_memcpy(&scales.d, unit + row * 2, 2);
    if constexpr (Layout::kLayout.has_min) __builtin_memcpy(&scales.m, unit + 16 + row * 2, 2);
    for (int i = 0; i < kSubScales<Layout>; ++i) {
      scales.sub[i] = unit[Layout::sub_scales_at(0) + i * kPanelRows + row];
    }
    FileUnit<kType>::write(scales, rows[row]);
  }
  for (int block = 0; block < Layout::kBlocks; ++block) {
    uint8_t codes[2 * kHalfBytes];
    const uint8_t* planes = unit + Layout::codes_at(block);
    unroll<16>([&](auto i) { vst1q_u8(codes + i.value * 16, Planes::template decode_unsigned<i.value>(planes)); });
    for (int i = 0; i < 2 * kPanelRows; ++i) {
      const int row = i / 2, half = i % 2;
      write_codes<FileUnit<kType>>(gather<kOrder>(codes + half * kHalfBytes, row), block, half, rows[row]);
    }
  }
}

template <Order kOrder, DType kType>
struct QuantizedPanel {
  using FileBlock = typename FileUnit<kType>::FileBlock;
  static constexpr int64_t kUnitElems = kBlock * UnitLayout<kType>::kBlocks;

  static void pack(const void* rows, int n_rows, int64_t k, void* panel) noexcept {
    const int64_t n_units = k / kUnitElems;
    const auto* bytes = static_cast<const uint8_t*>(rows);
    auto* out = static_cast<uint8_t*>(panel);
    __builtin_memset(out, 0, bytes_of_panel<kType>(k));
    for (int64_t i = 0; i < n_units; ++i) {
      FileBlock unit[kPanelRows] = {};
      for (int row = 0; row < n_rows; ++row) {
        __builtin_memcpy(&unit[row], bytes + static_cast<size_t>(row * n_units + i) * sizeof(FileBlock),
                         sizeof(FileBlock));
      }
      pack_unit<kOrder, kType>(unit, out + static_cast<size_t>(i) * UnitLayout<kType>::kBytes);
    }
  }

  static void unpack(const void* panel, int n_rows, int64_t k, void* rows) noexcept {
    const int64_t n_units = k / kUnitElems;
    const auto* bytes = static_cast<const uint8_t*>(panel);
    auto* out = static_cast<uint8_t*>(rows);
    for (int64_t i = 0; i < n_units; ++i) {
      FileBlock unit[kPanelRows] = {};
      unpack_unit<kOrder, kType>(bytes + static_cast<size_t>(i) * UnitLayout<kType>::kBytes, unit);
      for (int row = 0; row < n_rows; ++row) {
        __builtin_memcpy(out + static_cast<size_t>(row * n_units + i) * sizeof(FileBlock), &unit[row],
                         sizeof(FileBlock));
      }
    }
  }
};

// F32, F16, BF16: element k of row r is at [k][r].
template <typename Element, DType kType>
struct FloatPanel {
  static void pack(const void* rows, int n_rows, int64_t k, void* panel) noexcept {
    auto* out = static_cast<uint8_t*>(panel);
    __builtin_memset(out, 0, bytes_of_panel<kType>(k));
    for (int row = 0; row < n_rows; ++row) {
      const auto* in = static_cast<const uint8_t*>(rows) + static_cast<size_t>(row * k) * sizeof(Element);
      for (int64_t i = 0; i < k; ++i) {
        __builtin_memcpy(out + static_cast<size_t>(i * kPanelRows + row) * sizeof(Element),
                         in + static_cast<size_t>(i) * sizeof(Element), sizeof(Element));
      }
    }
  }

  static void unpack(const void* panel, int n_rows, int64_t k, void* rows) noexcept {
    const auto* in = static_cast<const uint8_t*>(panel);
    for (int row = 0; row < n_rows; ++row) {
      auto* out = static_cast<uint8_t*>(rows) + static_cast<size_t>(row * k) * sizeof(Element);
      for (int64_t i = 0; i < k; ++i) {
        __builtin_memcpy(out + static_cast<size_t>(i) * sizeof(Element),
                         in + static_cast<size_t>(i * kPanelRows + row) * sizeof(Element), sizeof(Element));
      }
    }
  }
};

}  // namespace
}  // namespace tenfold::kernels::neon
