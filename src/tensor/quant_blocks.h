// The blocks of GGUF's quantised types, as they lie in the file (little-endian, unaligned). Plain structs only: kernels
// of every instruction set include this header, so it may hold no inline code.
//
// w = d·q + m notation: d, m are the block's scales; q its integer codes. Sources: the GGUF/ggml format as the Python
// package `gguf` de-quantises it, which is the reference of quant_blocks_test.
#pragma once

#include <stdint.h>

namespace tenfold {

using Half = uint16_t;  // IEEE binary16 bits

// 32 elements a block. Nibble types: element i < 16 is the low nibble of qs[i], element i + 16 the high nibble.
struct BlockQ4_0 {
  Half d;
  uint8_t qs[16];
};  // w = d·(q − 8)
struct BlockQ4_1 {
  Half d;
  Half m;
  uint8_t qs[16];
};  // w = d·q + m
struct BlockQ5_0 {
  Half d;
  uint8_t qh[4];
  uint8_t qs[16];
};  // w = d·(q − 16); bit i of qh is bit 4 of element i
struct BlockQ5_1 {
  Half d;
  Half m;
  uint8_t qh[4];
  uint8_t qs[16];
};  // w = d·q + m
struct BlockQ8_0 {
  Half d;
  int8_t qs[32];
};  // w = d·q
struct BlockIQ4_NL {
  Half d;
  uint8_t qs[16];
};  // w = d·kIQ4Values[q]

// 256 elements a block ("super-block"), with small integer scales for each 16 or 32 elements.
struct BlockQ2_K {
  uint8_t scales[16];
  uint8_t qs[64];
  Half d;
  Half dmin;
};  // w = d·sc·q − dmin·m, 16 a scale
struct BlockQ3_K {
  uint8_t hmask[32];
  uint8_t qs[64];
  uint8_t scales[12];
  Half d;
};  // w = d·(sc − 32)·(q − 4), 16
struct BlockQ4_K {
  Half d;
  Half dmin;
  uint8_t scales[12];
  uint8_t qs[128];
};  // w = d·sc·q − dmin·m, 32
struct BlockQ5_K {
  Half d;
  Half dmin;
  uint8_t scales[12];
  uint8_t qh[32];
  uint8_t qs[128];
};  // the same, 5 bits
struct BlockQ6_K {
  uint8_t ql[128];
  uint8_t qh[64];
  int8_t scales[16];
  Half d;
};  // w = d·sc·(q − 32), 16
struct BlockIQ4_XS {
  Half d;
  uint16_t scales_h;
  uint8_t scales_l[4];
  uint8_t qs[128];
};  // w = d·(sc − 32)·value, 32

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22);
static_assert(sizeof(BlockQ5_1) == 24 && sizeof(BlockQ8_0) == 34 && sizeof(BlockIQ4_NL) == 18);
static_assert(sizeof(BlockQ2_K) == 84 && sizeof(BlockQ3_K) == 110 && sizeof(BlockQ4_K) == 144);
static_assert(sizeof(BlockQ5_K) == 176 && sizeof(BlockQ6_K) == 210 && sizeof(BlockIQ4_XS) == 136);

// The 16 levels of IQ4_NL and IQ4_XS.
constexpr int8_t kIQ4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

}  // namespace tenfold
