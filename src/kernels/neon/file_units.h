// One row of one unit between the file's block and plain arrays.
//
// Every type but the 5-bit legacy ones keeps 16 consecutive elements in the same bits of 16 consecutive bytes, so a
// type is described by where those are, and reading and writing share the description.
#pragma once

#include "kernels/neon/panel_layout.h"
#include "kernels/neon/simd.h"
#include "tensor/quant_blocks.h"

namespace tenfold::kernels::neon {
namespace {

struct RowScales {
  Half d;
  Half m;           // or dmin
  uint8_t sub[16];  // as in the panel: [block][1 or 2]
};

struct Place {  // of 16 elements: bit `shift` and up of 16 bytes
  int byte;
  int shift;
};

// --- 32 elements a unit ------------------------------------------------------------------------------------------

template <typename Block>
struct NibbleUnit {
  using FileBlock = Block;
  static constexpr int kLowBits = 4;
  static constexpr Place low(int, int half) { return {static_cast<int>(offsetof(Block, qs)), half * 4}; }
};

template <typename Block>
struct ScaleOnly {
  static void read(const Block& b, RowScales& s) { s.d = b.d; }
  static void write(const RowScales& s, Block& b) { b.d = s.d; }
};
template <typename Block>
struct ScaleAndMin {
  static void read(const Block& b, RowScales& s) { s.d = b.d, s.m = b.m; }
  static void write(const RowScales& s, Block& b) { b.d = s.d, b.m = s.m; }
};

template <DType kType>
struct FileUnit;

template <>
struct FileUnit<DType::kQ4_0> : NibbleUnit<BlockQ4_0>, ScaleOnly<BlockQ4_0> {};
template <>
struct FileUnit<DType::kQ4_1> : NibbleUnit<BlockQ4_1>, ScaleAndMin<BlockQ4_1> {};
template <>
struct FileUnit<DType::kQ5_0> : NibbleUnit<BlockQ5_0>, ScaleOnly<BlockQ5_0> {
  static constexpr int kBitMask = offsetof(BlockQ5_0, qh);  // bit i: bit 4 of element i
};
template <>
struct FileUnit<DType::kQ5_1> : NibbleUnit<BlockQ5_1>, ScaleAndMin<BlockQ5_1> {
  static constexpr int kBitMask = offsetof(BlockQ5_1, qh);
};
template <>
struct FileUnit<DType::kIQ4_NL> : NibbleUnit<BlockIQ4_NL>, ScaleOnly<BlockIQ4_NL> {};
template <>
struct FileUnit<DType::kQ8_0> : ScaleOnly<BlockQ8_0> {
  using FileBlock = BlockQ8_0;
  static constexpr int kLowBits = 8;
  static constexpr Place low(int, int half) { return {static_cast<int>(offsetof(BlockQ8_0, qs)) + half * 16, 0}; }
};

// --- 256 elements a unit, in 8 blocks of 32 ------------------------------------------------------------------------

inline void set_bits(uint8_t& byte, int shift, int value) { byte = static_cast<uint8_t>(byte | value << shift); }

template <>
struct FileUnit<DType::kQ2_K> {
  using FileBlock = BlockQ2_K;
  static constexpr int kLowBits = 2;
  static constexpr Place low(int block, int half) {
    return {static_cast<int>(offsetof(BlockQ2_K, qs)) + block / 4 * 32 + half * 16, block % 4 * 2};
  }
  static void read(const BlockQ2_K& b, RowScales& s) {
    s.d = b.d, s.m = b.dmin;
    for (int i = 0; i < 16; ++i) s.sub[i] = b.scales[i];
  }
  static void write(const RowScales& s, BlockQ2_K& b) {
    b.d = s.d, b.dmin = s.m;
    for (int i = 0; i < 16; ++i) b.scales[i] = s.sub[i];
  }
};

template <>
struct FileUnit<DType::kQ3_K> {
  using FileBlock = BlockQ3_K;
  static constexpr int kLowBits = 2;
  static constexpr Place low(int block, int half) {
    return {static_cast<int>(offsetof(BlockQ3_K, qs)) + block / 4 * 32 + half * 16, block % 4 * 2};
  }
  static constexpr int kHighBits = 1;
  static constexpr Place high(int block, int half) {
    return {static_cast<int>(offsetof(BlockQ3_K, hmask)) + half * 16, block};
  }
  // Scale i of 16: four low bits in scales[0…7] (low nibbles first), two high bits in scales[8…11]; 32 is taken away.
  static void read(const BlockQ3_K& b, RowScales& s) {
    s.d = b.d;
    for (int i = 0; i < 16; ++i) {
      const int low = b.scales[i % 8] >> (i / 8 * 4) & 15, high = b.scales[8 + i % 4] >> (i / 4 * 2) & 3;
      s.sub[i] = static_cast<uint8_t>((low | high << 4) - 32);
    }
  }
  static void write(const RowScales& s, BlockQ3_K& b) {
    b.d = s.d;
    for (int i = 0; i < 16; ++i) {
      const int scale = static_cast<int8_t>(s.sub[i]) + 32;
      set_bits(b.scales[i % 8], i / 8 * 4, scale & 15);
      set_bits(b.scales[8 + i % 4], i / 4 * 2, scale >> 4);
    }
  }
};

// Eight 6-bit scales and minima. Bytes 0…3 and 4…7 hold the first four of each, and in their upper two bits the upper
// bits of the last four, whose lower nibbles are in bytes 8…11.
template <typename Block>
struct SixBitScales {
  static void read(const Block& b, RowScales& s) {
    s.d = b.d, s.m = b.dmin;
    for (int i = 0; i < 4; ++i) {
      const uint8_t scale = b.scales[i], min = b.scales[4 + i], lows = b.scales[8 + i];
      s.sub[2 * i] = scale & 63, s.sub[2 * i + 1] = min & 63;
      s.sub[2 * i + 8] = static_cast<uint8_t>((lows & 15) | scale >> 6 << 4);
      s.sub[2 * i + 9] = static_cast<uint8_t>(lows >> 4 | min >> 6 << 4);
    }
  }
  static void write(const RowScales& s, Block& b) {
    b.d = s.d, b.dmin = s.m;
    for (int i = 0; i < 4; ++i) {
      const uint8_t scale = s.sub[2 * i + 8], min = s.sub[2 * i + 9];
      b.scales[i] = static_cast<uint8_t>(s.sub[2 * i] | scale >> 4 << 6);
      b.scales[4 + i] = static_cast<uint8_t>(s.sub[2 * i + 1] | min >> 4 << 6);
      b.scales[8 + i] = static_cast<uint8_t>((scale & 15) | (min & 15) << 4);
    }
  }
};

template <typename Block>
struct RunsOfNibbles {  // 32 low nibbles, then the 32 high ones of the same bytes
  using FileBlock = Block;
  static constexpr int kLowBits = 4;
  static constexpr Place low(int block, int half) {
    return {static_cast<int>(offsetof(Block, qs)) + block / 2 * 32 + half * 16, block % 2 * 4};
  }
};

template <>
struct FileUnit<DType::kQ4_K> : RunsOfNibbles<BlockQ4_K>, SixBitScales<BlockQ4_K> {};
template <>
struct FileUnit<DType::kQ5_K> : RunsOfNibbles<BlockQ5_K>, SixBitScales<BlockQ5_K> {
  static constexpr int kHighBits = 1;
  static constexpr Place high(int block, int half) {
    return {static_cast<int>(offsetof(BlockQ5_K, qh)) + half * 16, block};
  }
};

template <>
struct FileUnit<DType::kQ6_K> {
  using FileBlock = BlockQ6_K;
  static constexpr int kLowBits = 4;
  static constexpr Place low(int block, int half) {
    return {static_cast<int>(offsetof(BlockQ6_K, ql)) + block / 4 * 64 + block % 2 * 32 + half * 16, block % 4 / 2 * 4};
  }
  static constexpr int kHighBits = 2;
  static constexpr Place high(int block, int half) {
    return {static_cast<int>(offsetof(BlockQ6_K, qh)) + block / 4 * 32 + half * 16, block % 4 * 2};
  }
  static void read(const BlockQ6_K& b, RowScales& s) {
    s.d = b.d;
    for (int i = 0; i < 16; ++i) s.sub[i] = static_cast<uint8_t>(b.scales[i]);
  }
  static void write(const RowScales& s, BlockQ6_K& b) {
    b.d = s.d;
    for (int i = 0; i < 16; ++i) b.scales[i] = static_cast<int8_t>(s.sub[i]);
  }
};

template <>
struct FileUnit<DType::kIQ4_XS> {
  using FileBlock = BlockIQ4_XS;
  static constexpr int kLowBits = 4;
  static constexpr Place low(int block, int half) {
    return {static_cast<int>(offsetof(BlockIQ4_XS, qs)) + block * 16, half * 4};
  }
  static void read(const BlockIQ4_XS& b, RowScales& s) {
    s.d = b.d;
    for (int i = 0; i < 8; ++i) {
      const int low = b.scales_l[i / 2] >> (i % 2 * 4) & 15, high = b.scales_h >> (i * 2) & 3;
      s.sub[i] = static_cast<uint8_t>((low | high << 4) - 32);
    }
  }
  static void write(const RowScales& s, BlockIQ4_XS& b) {
    b.d = s.d;
    for (int i = 0; i < 8; ++i) {
      const int scale = static_cast<int8_t>(s.sub[i]) + 32;
      set_bits(b.scales_l[i / 2], i % 2 * 4, scale & 15);
      b.scales_h = static_cast<uint16_t>(b.scales_h | scale >> 4 << (i * 2));
    }
  }
};

// --- Codes of 16 elements, unsigned as the file has them -----------------------------------------------------------

template <typename Unit>
constexpr bool kHasHighBits = requires { Unit::kHighBits; };
template <typename Unit>
constexpr bool kHasBitMask = requires { Unit::kBitMask; };

inline uint8x16_t bits_at(const uint8_t* bytes, Place place, int width) {
  const uint8x16_t shifted = vshlq_u8(vld1q_u8(bytes + place.byte), vdupq_n_s8(static_cast<int8_t>(-place.shift)));
  return vandq_u8(shifted, vdupq_n_u8(static_cast<uint8_t>((1 << width) - 1)));
}

inline void add_bits_at(uint8_t* bytes, Place place, uint8x16_t bits) {
  const uint8x16_t shifted = vshlq_u8(bits, vdupq_n_s8(static_cast<int8_t>(place.shift)));
  vst1q_u8(bytes + place.byte, vorrq_u8(vld1q_u8(bytes + place.byte), shifted));
}

// 1, 2, 4 … 128, twice: bit i of a mask is lane i.
inline uint8x16_t bit_of_lane() { return vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201u)); }

template <typename Unit>
uint8x16_t read_codes(const typename Unit::FileBlock& file_block, int block, int half) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&file_block);
  uint8x16_t codes = bits_at(bytes, Unit::low(block, half), Unit::kLowBits);
  if constexpr (kHasHighBits<Unit>) {
    const uint8x16_t high = bits_at(bytes, Unit::high(block, half), Unit::kHighBits);
    codes = vorrq_u8(codes, vshlq_n_u8(high, Unit::kLowBits));
  }
  if constexpr (kHasBitMask<Unit>) {
    const uint8_t* mask = bytes + Unit::kBitMask + half * 2;
    const uint8x16_t set = vtstq_u8(vcombine_u8(vdup_n_u8(mask[0]), vdup_n_u8(mask[1])), bit_of_lane());
    codes = vorrq_u8(codes, vandq_u8(set, vdupq_n_u8(16)));
  }
  if constexpr (Unit::kLowBits == 8) codes = veorq_u8(codes, vdupq_n_u8(128));  // the file's are signed
  return codes;
}

// The block must be zero where the codes go.
template <typename Unit>
void write_codes(uint8x16_t codes, int block, int half, typename Unit::FileBlock& file_block) {
  auto* bytes = reinterpret_cast<uint8_t*>(&file_block);
  if constexpr (Unit::kLowBits == 8) codes = veorq_u8(codes, vdupq_n_u8(128));
  add_bits_at(bytes, Unit::low(block, half), vandq_u8(codes, vdupq_n_u8((1 << Unit::kLowBits) - 1)));
  if constexpr (kHasHighBits<Unit>) add_bits_at(bytes, Unit::high(block, half), vshrq_n_u8(codes, Unit::kLowBits));
  if constexpr (kHasBitMask<Unit>) {
    const uint8x16_t set = vandq_u8(vtstq_u8(codes, vdupq_n_u8(16)), bit_of_lane());
    bytes[Unit::kBitMask + half * 2] = vaddv_u8(vget_low_u8(set));
    bytes[Unit::kBitMask + half * 2 + 1] = vaddv_u8(vget_high_u8(set));
  }
}

}  // namespace
}  // namespace tenfold::kernels::neon
