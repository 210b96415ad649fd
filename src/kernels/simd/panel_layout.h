// How a panel of kRows rows lies in memory; kRows is the number of 32-bit lanes of a vector.
//
// F32, F16, BF16: [k][rows].
// Quantised types: one unit after the other, so that memory is read in one ascending stream, which is what prefetchers
// of processors follow. A unit is a file block, or two where the scales of one are no whole vectors: its scales, then
// its codes. Both are whole vectors, so vectors never cross a cache line. The last unit may be a block short.
//   scales of a file block: F16 d[rows], then F16 m[rows] or dmin[rows] where the type has one; then for types with 256
//     elements a block, for each group: byte s[rows], and byte m[rows] unless it shares a nibble with s
//   codes of 32 elements: bit planes. Code vector j (0…7) has in lane r the codes of row r, elements 4j…4j+3. A plane
//   of
//     b bits is b vectors; its vector v has code vector v + b·f in bits [f·b, f·b + b) of each byte. Low plane first.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/simd/block_codes.h"

namespace tenfold::kernels {
namespace {

constexpr size_t pad_to_64(size_t bytes) { return (bytes + 63) / 64 * 64; }

template <DType kType, int kRows>
struct PanelLayout {
  static constexpr BlockFormat kFormat = format_of(kType);
  static constexpr int kVectorBytes = kRows * 4;
  static constexpr int kGroups = kFormat.is_super() ? 8 * kFormat.groups : 0;  // with byte scales, in a file block
  static constexpr int kGroupBytes = (kFormat.scales == Scales::kSuperMin ? 2 : 1) * kRows;
  static constexpr int kHalfBytes = (kFormat.has_min() ? 2 : 1) * kRows * 2;
  static constexpr size_t kScaleBytes = static_cast<size_t>(kHalfBytes + kGroups * kGroupBytes);  // of a file block
  static constexpr size_t kCodeBytes = static_cast<size_t>(kFormat.low_bits + kFormat.high_bits) * kVectorBytes;

  // A part is 32 elements.
  static constexpr int kBlockParts = kFormat.elems() / kBlock;
  static constexpr int kUnitBlocks = kScaleBytes % kVectorBytes == 0 ? 1 : 2;
  static constexpr int kUnitParts = kUnitBlocks * kBlockParts;
  static constexpr size_t kUnitScaleBytes = kUnitBlocks * kScaleBytes;
  static constexpr size_t kUnitBytes = kUnitScaleBytes + kUnitParts * kCodeBytes;
  static_assert(kUnitScaleBytes % kVectorBytes == 0);

  // Where in a panel the scales of the file block of a part begin, and its codes.
  static constexpr size_t scales_offset(int64_t part) {
    return static_cast<size_t>(part / kUnitParts) * kUnitBytes +
           static_cast<size_t>(part % kUnitParts / kBlockParts) * kScaleBytes;
  }
  static constexpr size_t codes_offset(int64_t part) {
    return static_cast<size_t>(part / kUnitParts + 1) * kUnitScaleBytes + static_cast<size_t>(part) * kCodeBytes;
  }
  static constexpr size_t panel_bytes(int64_t k) {
    return k < kBlock ? 0 : pad_to_64(codes_offset(k / kBlock - 1) + kCodeBytes);
  }
};

// --- One row's part of a panel

// Bytes of four codes at once.
constexpr uint32_t kEachByte = 0x01010101;

inline uint32_t load_word(const uint8_t* p) {
  uint32_t word;
  memcpy(&word, p, 4);
  return word;
}
inline void store_word(uint8_t* p, uint32_t word) { memcpy(p, &word, 4); }

// The bits [at, at + kBits) of 32 codes, as kBits words with a vector's stride between them.
template <int kBits>
void write_plane(const uint32_t (&codes)[8], int at, uint8_t* plane, int stride) {
  constexpr uint32_t kMask = kEachByte * ((1U << kBits) - 1);
  for (int v = 0; v < kBits; ++v) {
    uint32_t word = 0;
    for (int f = 0; f < 8 / kBits; ++f) word |= (codes[v + kBits * f] >> at & kMask) << (f * kBits);
    store_word(plane + v * stride, word);
  }
}
template <int kBits>
void read_plane(const uint8_t* plane, int stride, int at, uint32_t (&codes)[8]) {
  constexpr uint32_t kMask = kEachByte * ((1U << kBits) - 1);
  for (int v = 0; v < kBits; ++v) {
    const uint32_t word = load_word(plane + v * stride);
    for (int f = 0; f < 8 / kBits; ++f) codes[v + kBits * f] |= (word >> (f * kBits) & kMask) << at;
  }
}

template <DType kType, int kRows>
struct PanelRow {
  using Layout = PanelLayout<kType, kRows>;
  static constexpr BlockFormat kFormat = Layout::kFormat;

  static void write_scales(const BlockCodes& block, uint8_t* scales, int row) {
    memcpy(scales + row * 2, &block.d, 2);
    if constexpr (kFormat.has_min()) memcpy(scales + kRows * 2 + row * 2, &block.m, 2);
    uint8_t* group = scales + Layout::kHalfBytes;
    for (int g = 0; g < Layout::kGroups; ++g, group += Layout::kGroupBytes) {
      group[row] = block.scale[g];
      if constexpr (kFormat.scales == Scales::kSuperMin) group[kRows + row] = block.min[g];
    }
  }
  static void read_scales(const uint8_t* scales, int row, BlockCodes& block) {
    memcpy(&block.d, scales + row * 2, 2);
    if constexpr (kFormat.has_min()) memcpy(&block.m, scales + kRows * 2 + row * 2, 2);
    const uint8_t* group = scales + Layout::kHalfBytes;
    for (int g = 0; g < Layout::kGroups; ++g, group += Layout::kGroupBytes) {
      block.scale[g] = group[row];
      if constexpr (kFormat.scales == Scales::kSuperMin) block.min[g] = group[kRows + row];
    }
  }

  // 32 codes.
  static void write_codes(const uint8_t* codes, uint8_t* vectors, int row) {
    uint32_t words[8];
    memcpy(words, codes, 32);
    uint8_t* lane = vectors + row * 4;
    write_plane<kFormat.low_bits>(words, 0, lane, Layout::kVectorBytes);
    if constexpr (kFormat.high_bits > 0) {
      lane += kFormat.low_bits * Layout::kVectorBytes;
      write_plane<kFormat.high_bits>(words, kFormat.low_bits, lane, Layout::kVectorBytes);
    }
  }
  static void read_codes(const uint8_t* vectors, int row, uint8_t* codes) {
    uint32_t words[8] = {};
    const uint8_t* lane = vectors + row * 4;
    read_plane<kFormat.low_bits>(lane, Layout::kVectorBytes, 0, words);
    if constexpr (kFormat.high_bits > 0) {
      lane += kFormat.low_bits * Layout::kVectorBytes;
      read_plane<kFormat.high_bits>(lane, Layout::kVectorBytes, kFormat.low_bits, words);
    }
    memcpy(codes, words, 32);
  }
};

}  // namespace
}  // namespace tenfold::kernels
