// pack, unpack and panel_bytes of every type, for panels of kRows rows. Plain code: its instruction set is the file's.
#pragma once

#include "kernels/kernel_table.h"
#include "kernels/simd/panel_layout.h"

namespace tenfold::kernels {
namespace {

template <DType kType, int kRows>
struct QuantPacking {
  using Layout = PanelLayout<kType, kRows>;
  using Row = PanelRow<kType, kRows>;
  using Block = typename FileBlock<kType>::Type;
  static constexpr int kElems = Layout::kFormat.elems();

  static size_t panel_bytes(int64_t k) noexcept { return Layout::panel_bytes(k); }

  static void pack(const void* rows, int n_rows, int64_t k, void* panel) noexcept {
    auto* bytes = static_cast<uint8_t*>(panel);
    memset(panel, 0, panel_bytes(k));
    const int64_t n_blocks = k / kElems;
    for (int row = 0; row < n_rows; ++row) {
      const auto* file = static_cast<const uint8_t*>(rows) + static_cast<size_t>(row * n_blocks) * sizeof(Block);
      for (int64_t i = 0; i < n_blocks; ++i) {
        Block block;  // a copy: the file's blocks are not aligned
        BlockCodes parts;
        memcpy(&block, file + static_cast<size_t>(i) * sizeof(Block), sizeof(Block));
        read_block(block, parts);
        const int64_t part = i * Layout::kBlockParts;
        Row::write_scales(parts, bytes + Layout::scales_offset(part), row);
        uint8_t* codes = bytes + Layout::codes_offset(part);
        for (int e = 0; e < kElems; e += kBlock, codes += Layout::kCodeBytes)
          Row::write_codes(parts.codes + e, codes, row);
      }
    }
  }

  static void unpack(const void* panel, int n_rows, int64_t k, void* rows) noexcept {
    const auto* bytes = static_cast<const uint8_t*>(panel);
    const int64_t n_blocks = k / kElems;
    for (int row = 0; row < n_rows; ++row) {
      auto* file = static_cast<uint8_t*>(rows) + static_cast<size_t>(row * n_blocks) * sizeof(Block);
      for (int64_t i = 0; i < n_blocks; ++i) {
        BlockCodes parts;
        const int64_t part = i * Layout::kBlockParts;
        Row::read_scales(bytes + Layout::scales_offset(part), row, parts);
        const uint8_t* codes = bytes + Layout::codes_offset(part);
        for (int e = 0; e < kElems; e += kBlock, codes += Layout::kCodeBytes)
          Row::read_codes(codes, row, parts.codes + e);
        Block block;
        write_block(parts, block);
        memcpy(file + static_cast<size_t>(i) * sizeof(Block), &block, sizeof(Block));
      }
    }
  }
};

// F32, F16, BF16: a transposition.
template <typename Element, int kRows>
struct PlainPacking {
  static size_t panel_bytes(int64_t k) noexcept { return pad_to_64(static_cast<size_t>(k) * kRows * sizeof(Element)); }

  static void pack(const void* rows, int n_rows, int64_t k, void* panel) noexcept {
    memset(panel, 0, panel_bytes(k));
    for (int row = 0; row < n_rows; ++row) {
      const auto* file = static_cast<const uint8_t*>(rows) + static_cast<size_t>(row * k) * sizeof(Element);
      auto* lane = static_cast<Element*>(panel) + row;
      for (int64_t i = 0; i < k; ++i)
        memcpy(lane + i * kRows, file + static_cast<size_t>(i) * sizeof(Element), sizeof(Element));
    }
  }

  static void unpack(const void* panel, int n_rows, int64_t k, void* rows) noexcept {
    for (int row = 0; row < n_rows; ++row) {
      auto* file = static_cast<uint8_t*>(rows) + static_cast<size_t>(row * k) * sizeof(Element);
      const auto* lane = static_cast<const Element*>(panel) + row;
      for (int64_t i = 0; i < k; ++i)
        memcpy(file + static_cast<size_t>(i) * sizeof(Element), lane + i * kRows, sizeof(Element));
    }
  }
};

template <DType kType, int kRows>
struct PackingOf {
  using Type = QuantPacking<kType, kRows>;
};
template <int kRows>
struct PackingOf<DType::kF32, kRows> {
  using Type = PlainPacking<uint32_t, kRows>;
};
template <int kRows>
struct PackingOf<DType::kF16, kRows> {
  using Type = PlainPacking<uint16_t, kRows>;
};
template <int kRows>
struct PackingOf<DType::kBF16, kRows> {
  using Type = PlainPacking<uint16_t, kRows>;
};

template <int kRows, int kFirst = 0>
consteval void add_packing(KernelTable& table) {
  if constexpr (kFirst < kNumDTypes) {
    using Packing = typename PackingOf<static_cast<DType>(kFirst), kRows>::Type;
    table.weights[kFirst].panel_bytes = Packing::panel_bytes;
    table.weights[kFirst].pack = Packing::pack;
    table.weights[kFirst].unpack = Packing::unpack;
    add_packing<kRows, kFirst + 1>(table);
  }
}

// The entries of a table that are made here.
template <int kRows>
consteval KernelTable packing_entries() {
  KernelTable table{};
  table.panel_rows = kRows;
  add_packing<kRows>(table);
  return table;
}

}  // namespace
}  // namespace tenfold::kernels
