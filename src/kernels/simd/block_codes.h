// One block of the file ⇄ its codes and scales, without loss: whatever bytes come in, read_block and write_block are
// each other's inverse. Internal linkage only (see block_format.h).
#pragma once

#include <stdint.h>
#include <string.h>

#include "kernels/simd/block_format.h"
#include "tensor/quant_blocks.h"

namespace tenfold::kernels {
namespace {

struct BlockCodes {
  uint8_t codes[256];  // as the file has them, zero point not taken away; element order
  uint8_t scale[16];   // of each group: the byte s of Scales (zero point taken away)
  uint8_t min[16];
  Half d;
  Half m;  // or dmin
};

// --- Codes, eight bytes at a time

inline uint64_t load_8(const uint8_t* p) {
  uint64_t bytes;
  memcpy(&bytes, p, 8);
  return bytes;
}
inline void store_8(uint8_t* p, uint64_t bytes) { memcpy(p, &bytes, 8); }
constexpr uint64_t in_each_byte(uint8_t x) { return 0x0101010101010101U * x; }

// n bytes: the low nibbles of elements 0…n − 1, the high nibbles of elements n…2n − 1.
inline void read_nibbles(const uint8_t* qs, int n, uint8_t* codes) {
  for (int i = 0; i < n; i += 8) {
    store_8(codes + i, load_8(qs + i) & in_each_byte(15));
    store_8(codes + n + i, load_8(qs + i) >> 4 & in_each_byte(15));
  }
}
inline void write_nibbles(const uint8_t* codes, int n, uint8_t* qs) {
  for (int i = 0; i < n; i += 8) {
    store_8(qs + i, (load_8(codes + i) & in_each_byte(15)) | (load_8(codes + n + i) & in_each_byte(15)) << 4);
  }
}

// 32 bytes, each with `width` bits of element i, i + 32, i + 64, … at its bits 0, width, 2·width, …; the bits are
// number `at` and up of the code.
inline void read_fields(const uint8_t* bytes, int width, int at, uint8_t* codes) {
  const int mask = (1 << width) - 1;
  for (int f = 0; f < 8 / width; ++f) {
    for (int i = 0; i < 32; ++i) {
      codes[f * 32 + i] = static_cast<uint8_t>(codes[f * 32 + i] | (bytes[i] >> (f * width) & mask) << at);
    }
  }
}
inline void write_fields(const uint8_t* codes, int width, int at, uint8_t* bytes) {
  const int mask = (1 << width) - 1;
  memset(bytes, 0, 32);
  for (int f = 0; f < 8 / width; ++f) {
    for (int i = 0; i < 32; ++i) {
      bytes[i] = static_cast<uint8_t>(bytes[i] | (codes[f * 32 + i] >> at & mask) << (f * width));
    }
  }
}

// The fifth bits of 32 elements, one after the other.
inline void read_bits(const uint8_t (&qh)[4], uint8_t* codes) {
  for (int i = 0; i < 4; ++i) {
    const uint64_t spread = in_each_byte(qh[i]) & 0x8040201008040201U;           // bit j of the byte stays in byte j
    const uint64_t bits = (spread + in_each_byte(0x7F)) >> 7 & in_each_byte(1);  // 1 where anything stayed
    store_8(codes + 8 * i, load_8(codes + 8 * i) | bits << 4);
  }
}
inline void write_bits(const uint8_t* codes, uint8_t (&qh)[4]) {
  for (int i = 0; i < 4; ++i) {
    const uint64_t bits = load_8(codes + 8 * i) >> 4 & in_each_byte(1);
    qh[i] = static_cast<uint8_t>(bits * 0x0102040810204080U >> 56);  // byte j's bit goes to bit 56 + j
  }
}

// --- Types with 32 elements a block

inline void read_block(const BlockQ4_0& b, BlockCodes& out) {
  out.d = b.d;
  read_nibbles(b.qs, 16, out.codes);
}
inline void write_block(const BlockCodes& in, BlockQ4_0& b) {
  b.d = in.d;
  write_nibbles(in.codes, 16, b.qs);
}

inline void read_block(const BlockQ4_1& b, BlockCodes& out) {
  out.d = b.d;
  out.m = b.m;
  read_nibbles(b.qs, 16, out.codes);
}
inline void write_block(const BlockCodes& in, BlockQ4_1& b) {
  b.d = in.d;
  b.m = in.m;
  write_nibbles(in.codes, 16, b.qs);
}

inline void read_block(const BlockQ5_0& b, BlockCodes& out) {
  out.d = b.d;
  read_nibbles(b.qs, 16, out.codes);
  read_bits(b.qh, out.codes);
}
inline void write_block(const BlockCodes& in, BlockQ5_0& b) {
  b.d = in.d;
  write_nibbles(in.codes, 16, b.qs);
  write_bits(in.codes, b.qh);
}

inline void read_block(const BlockQ5_1& b, BlockCodes& out) {
  out.d = b.d;
  out.m = b.m;
  read_nibbles(b.qs, 16, out.codes);
  read_bits(b.qh, out.codes);
}
inline void write_block(const BlockCodes& in, BlockQ5_1& b) {
  b.d = in.d;
  b.m = in.m;
  write_nibbles(in.codes, 16, b.qs);
  write_bits(in.codes, b.qh);
}

inline void read_block(const BlockQ8_0& b, BlockCodes& out) {
  out.d = b.d;
  memcpy(out.codes, b.qs, 32);
}
inline void write_block(const BlockCodes& in, BlockQ8_0& b) {
  b.d = in.d;
  memcpy(b.qs, in.codes, 32);
}

inline void read_block(const BlockIQ4_NL& b, BlockCodes& out) {
  out.d = b.d;
  read_nibbles(b.qs, 16, out.codes);
}
inline void write_block(const BlockCodes& in, BlockIQ4_NL& b) {
  b.d = in.d;
  write_nibbles(in.codes, 16, b.qs);
}

// --- Types with 256 elements a block

inline void read_block(const BlockQ2_K& b, BlockCodes& out) {
  out.d = b.d;
  out.m = b.dmin;
  memcpy(out.scale, b.scales, 16);
  memset(out.codes, 0, 256);
  for (int h = 0; h < 2; ++h) read_fields(b.qs + h * 32, 2, 0, out.codes + h * 128);
}
inline void write_block(const BlockCodes& in, BlockQ2_K& b) {
  b.d = in.d;
  b.dmin = in.m;
  memcpy(b.scales, in.scale, 16);
  for (int h = 0; h < 2; ++h) write_fields(in.codes + h * 128, 2, 0, b.qs + h * 32);
}

inline void read_block(const BlockQ3_K& b, BlockCodes& out) {
  out.d = b.d;
  for (int i = 0; i < 16; ++i) {
    const int low = b.scales[i % 8] >> (i / 8 * 4) & 15;
    const int high = b.scales[8 + i % 4] >> (i / 4 * 2) & 3;
    out.scale[i] = static_cast<uint8_t>((low | high << 4) - 32);
  }
  memset(out.codes, 0, 256);
  for (int h = 0; h < 2; ++h) read_fields(b.qs + h * 32, 2, 0, out.codes + h * 128);
  read_fields(b.hmask, 1, 2, out.codes);
}
inline void write_block(const BlockCodes& in, BlockQ3_K& b) {
  b.d = in.d;
  memset(b.scales, 0, 12);
  for (int i = 0; i < 16; ++i) {
    const int scale = in.scale[i] + 32;
    b.scales[i % 8] = static_cast<uint8_t>(b.scales[i % 8] | (scale & 15) << (i / 8 * 4));
    b.scales[8 + i % 4] = static_cast<uint8_t>(b.scales[8 + i % 4] | (scale >> 4 & 3) << (i / 4 * 2));
  }
  for (int h = 0; h < 2; ++h) write_fields(in.codes + h * 128, 2, 0, b.qs + h * 32);
  write_fields(in.codes, 1, 2, b.hmask);
}

// Eight 6-bit scales and eight 6-bit minima in 12 bytes; the upper four have their two high bits beside the lower four.
inline void read_scales_6bit(const uint8_t (&bytes)[12], BlockCodes& out) {
  for (int i = 0; i < 4; ++i) {
    out.scale[i] = bytes[i] & 63;
    out.min[i] = bytes[i + 4] & 63;
    out.scale[i + 4] = static_cast<uint8_t>((bytes[i + 8] & 15) | (bytes[i] >> 2 & 48));
    out.min[i + 4] = static_cast<uint8_t>(bytes[i + 8] >> 4 | (bytes[i + 4] >> 2 & 48));
  }
}
inline void write_scales_6bit(const BlockCodes& in, uint8_t (&bytes)[12]) {
  for (int i = 0; i < 4; ++i) {
    bytes[i] = static_cast<uint8_t>(in.scale[i] | (in.scale[i + 4] & 48) << 2);
    bytes[i + 4] = static_cast<uint8_t>(in.min[i] | (in.min[i + 4] & 48) << 2);
    bytes[i + 8] = static_cast<uint8_t>((in.scale[i + 4] & 15) | in.min[i + 4] << 4);
  }
}

inline void read_block(const BlockQ4_K& b, BlockCodes& out) {
  out.d = b.d;
  out.m = b.dmin;
  read_scales_6bit(b.scales, out);
  for (int g = 0; g < 4; ++g) read_nibbles(b.qs + g * 32, 32, out.codes + g * 64);
}
inline void write_block(const BlockCodes& in, BlockQ4_K& b) {
  b.d = in.d;
  b.dmin = in.m;
  write_scales_6bit(in, b.scales);
  for (int g = 0; g < 4; ++g) write_nibbles(in.codes + g * 64, 32, b.qs + g * 32);
}

inline void read_block(const BlockQ5_K& b, BlockCodes& out) {
  out.d = b.d;
  out.m = b.dmin;
  read_scales_6bit(b.scales, out);
  for (int g = 0; g < 4; ++g) read_nibbles(b.qs + g * 32, 32, out.codes + g * 64);
  read_fields(b.qh, 1, 4, out.codes);
}
inline void write_block(const BlockCodes& in, BlockQ5_K& b) {
  b.d = in.d;
  b.dmin = in.m;
  write_scales_6bit(in, b.scales);
  for (int g = 0; g < 4; ++g) write_nibbles(in.codes + g * 64, 32, b.qs + g * 32);
  write_fields(in.codes, 1, 4, b.qh);
}

inline void read_block(const BlockQ6_K& b, BlockCodes& out) {
  out.d = b.d;
  memcpy(out.scale, b.scales, 16);
  for (int h = 0; h < 2; ++h) {
    read_nibbles(b.ql + h * 64, 64, out.codes + h * 128);
    read_fields(b.qh + h * 32, 2, 4, out.codes + h * 128);
  }
}
inline void write_block(const BlockCodes& in, BlockQ6_K& b) {
  b.d = in.d;
  memcpy(b.scales, in.scale, 16);
  for (int h = 0; h < 2; ++h) {
    write_nibbles(in.codes + h * 128, 64, b.ql + h * 64);
    write_fields(in.codes + h * 128, 2, 4, b.qh + h * 32);
  }
}

inline void read_block(const BlockIQ4_XS& b, BlockCodes& out) {
  out.d = b.d;
  for (int i = 0; i < 8; ++i) {
    const int low = b.scales_l[i / 2] >> (i % 2 * 4) & 15;
    const int high = b.scales_h >> (i * 2) & 3;
    out.scale[i] = static_cast<uint8_t>((low | high << 4) - 32);
    read_nibbles(b.qs + i * 16, 16, out.codes + i * 32);
  }
}
inline void write_block(const BlockCodes& in, BlockIQ4_XS& b) {
  b.d = in.d;
  b.scales_h = 0;
  memset(b.scales_l, 0, 4);
  for (int i = 0; i < 8; ++i) {
    const int scale = in.scale[i] + 32;
    b.scales_l[i / 2] = static_cast<uint8_t>(b.scales_l[i / 2] | (scale & 15) << (i % 2 * 4));
    b.scales_h = static_cast<uint16_t>(b.scales_h | (scale >> 4 & 3) << (i * 2));
    write_nibbles(in.codes + i * 32, 16, b.qs + i * 16);
  }
}

// --- By type

template <DType kType>
struct FileBlock;
template <>
struct FileBlock<DType::kQ4_0> {
  using Type = BlockQ4_0;
};
template <>
struct FileBlock<DType::kQ4_1> {
  using Type = BlockQ4_1;
};
template <>
struct FileBlock<DType::kQ5_0> {
  using Type = BlockQ5_0;
};
template <>
struct FileBlock<DType::kQ5_1> {
  using Type = BlockQ5_1;
};
template <>
struct FileBlock<DType::kQ8_0> {
  using Type = BlockQ8_0;
};
template <>
struct FileBlock<DType::kQ2_K> {
  using Type = BlockQ2_K;
};
template <>
struct FileBlock<DType::kQ3_K> {
  using Type = BlockQ3_K;
};
template <>
struct FileBlock<DType::kQ4_K> {
  using Type = BlockQ4_K;
};
template <>
struct FileBlock<DType::kQ5_K> {
  using Type = BlockQ5_K;
};
template <>
struct FileBlock<DType::kQ6_K> {
  using Type = BlockQ6_K;
};
template <>
struct FileBlock<DType::kIQ4_NL> {
  using Type = BlockIQ4_NL;
};
template <>
struct FileBlock<DType::kIQ4_XS> {
  using Type = BlockIQ4_XS;
};

}  // namespace
}  // namespace tenfold::kernels
