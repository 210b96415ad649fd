// The codes of 8 rows × 32 elements, split into planes of whole bytes so that unpacking is a shift and a mask or two.
//
// Vector i (0…15; 0…7 are elements 0…15) holds 16 codes. Main plane: 8, 4 or 2 bits of each; 3-, 5- and 6-bit codes
// have an extra plane of 1 or 2 bits:
//   8 bits: vector i at 16·i        4 bits: vectors c and c + 8 are the low and high nibbles at 16·c
//   2 bits: vector i is the (i % 4)th pair of bits at 16·(i / 4)        1 bit: the (i % 8)th bit at 16·(i / 8)
// Codes with a zero point are two's complement and come out at the top of their byte, that is times 2^kShift: the sign
// is free, and whoever uses the sum divides it by the power of two. The main plane has their upper bits. Unsigned codes
// come out as they are; the main plane has their lower bits.
#pragma once

#include "kernels/neon/panel_layout.h"
#include "kernels/neon/simd.h"

namespace tenfold::kernels::neon {
namespace {

// kWidth bits of each byte moved from bit kFrom to bit kTo; other bits are anything.
template <int kFrom, int kTo>
inline uint8x16_t move_bits(uint8x16_t v) {
  if constexpr (kFrom < kTo) return vshlq_n_u8(v, kTo - kFrom);
  if constexpr (kFrom > kTo) return vshrq_n_u8(v, kFrom - kTo);
  return v;
}

template <int kWidth, int kFrom, int kTo>
inline uint8x16_t take_bits(uint8x16_t v) {
  const uint8x16_t moved = move_bits<kFrom, kTo>(v);
  constexpr bool kAlone = (kFrom == 0 && kTo + kWidth == 8) || (kTo == 0 && kFrom + kWidth == 8);
  if constexpr (kAlone) return moved;
  return vandq_u8(moved, vdupq_n_u8(((1 << kWidth) - 1) << kTo));
}

// Where a plane of kWidth bits keeps vector i.
template <int kWidth>
constexpr int plane_byte(int i) {
  return (kWidth == 4 ? i % 8 : i * kWidth / 8) * 16;
}
template <int kWidth>
constexpr int plane_bit(int i) {
  return kWidth == 4 ? i / 8 * 4 : i * kWidth % 8;
}

// v with the bits of mask taken from `bits`. Of vbslq with a mask that it knows, Clang 19 makes two ANDs and an OR.
inline uint8x16_t insert_bits(uint8x16_t v, uint8x16_t bits, uint8x16_t mask) {
  asm("bit %0.16b, %1.16b, %2.16b" : "+w"(v) : "w"(bits), "w"(mask));
  return v;
}

template <int kBits, bool kZeroPoint>
struct BitPlanes {
  static constexpr int kShift = kZeroPoint ? 8 - kBits : 0;
  static constexpr int kMain = kBits == 8 ? 8 : kBits >= 4 ? 4 : 2;
  static constexpr int kExtra = kBits - kMain;
  static constexpr int kMainBytes = kMain * kBlock;
  static constexpr int kMainTo = kZeroPoint ? 8 - kMain : 0;
  static constexpr int kExtraTo = kZeroPoint ? 8 - kBits : kMain;
  static constexpr int kSign = kZeroPoint ? 1 << (kBits - 1) : 0;

  // Vector kI as the multiply instructions take it.
  template <int kI>
  [[gnu::always_inline]] static inline uint8x16_t decode(const uint8_t* planes) {
    uint8x16_t v = take_bits<kMain, plane_bit<kMain>(kI), kMainTo>(vld1q_u8(planes + plane_byte<kMain>(kI)));
    if constexpr (kExtra > 0) {
      const uint8x16_t extra = vld1q_u8(planes + kMainBytes + plane_byte<kExtra>(kI));
      constexpr int kMask = ((1 << kExtra) - 1) << kExtraTo;
      v = insert_bits(v, move_bits<plane_bit<kExtra>(kI), kExtraTo>(extra), vdupq_n_u8(kMask));
    }
    return v;
  }

  // Vector kI as the file has it: unsigned, zero point included.
  template <int kI>
  static inline uint8x16_t decode_unsigned(const uint8_t* planes) {
    uint8x16_t v = decode<kI>(planes);
    if constexpr (kShift > 0) v = vshrq_n_u8(v, kShift);
    return veorq_u8(v, vdupq_n_u8(kSign));
  }

  // Adds vector kI to planes that were zero.
  template <int kI>
  static inline void encode(uint8x16_t code, uint8_t* planes) {
    code = veorq_u8(code, vdupq_n_u8(kSign));
    constexpr int kMainFrom = kZeroPoint ? kExtra : 0;
    constexpr int kExtraFrom = kZeroPoint ? 0 : kMain;
    add<kMain, kMainFrom, kI>(code, planes);
    if constexpr (kExtra > 0) add<kExtra, kExtraFrom, kI>(code, planes + kMainBytes);
  }

 private:
  template <int kWidth, int kFrom, int kI>
  static inline void add(uint8x16_t code, uint8_t* plane) {
    uint8_t* at = plane + plane_byte<kWidth>(kI);
    vst1q_u8(at, vorrq_u8(vld1q_u8(at), take_bits<kWidth, kFrom, plane_bit<kWidth>(kI)>(code)));
  }
};

}  // namespace
}  // namespace tenfold::kernels::neon
