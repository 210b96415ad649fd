// One number between f32, f16 and bf16. Rounds to nearest, ties to even, whatever the processor's rounding flags for
// f16; keeps subnormals, infinities and the sign of zero; a NaN stays one and becomes quiet, as in hardware.
//
// Everything here is `static`: files compiled for one instruction set may include it without leaking their code into
// others through the linker's choice of one inline body. Pure functions, thread-safe.
#pragma once

#include <stdint.h>

namespace tenfold {

// 2^-24 is the smallest f16; below 2^-14 f16 is subnormal.
static constexpr float half_to_float(uint16_t half) noexcept {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t magnitude = half & 0x7fffu;
  uint32_t bits = 0;
  if (magnitude > 0x7c00u) {
    bits = 0x7fc00000u | magnitude << 13;
  } else if (magnitude == 0x7c00u) {
    bits = 0x7f800000u;
  } else if (magnitude >= 0x0400u) {
    bits = (magnitude << 13) + (112u << 23);
  } else {
    // 2^-14·(1 + m/1024) − 2^-14 = m·2^-24, exact and without f32 subnormals.
    bits = __builtin_bit_cast(uint32_t, __builtin_bit_cast(float, 0x38800000u | magnitude << 13) - 0x1p-14f);
  }
  return __builtin_bit_cast(float, sign | bits);
}

static constexpr uint16_t float_to_half(float value) noexcept {
  const uint32_t bits = __builtin_bit_cast(uint32_t, value);
  const uint32_t sign = bits >> 16 & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
  if (magnitude >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);  // 65520 and up round to infinity
  if (magnitude < 0x33000001u) return static_cast<uint16_t>(sign);             // up to 2^-25, the tie with zero

  // Drop 13 bits of a normal result, more of a subnormal one; what is dropped decides the rounding.
  const bool normal = magnitude >= 0x38800000u;
  const uint32_t drop = normal ? 13 : 126 - (magnitude >> 23);
  const uint32_t kept = normal ? magnitude - (112u << 23) : (magnitude & 0x7fffffu) | 0x800000u;
  const uint32_t half_ulp = 1u << (drop - 1);
  const uint32_t odd = kept >> drop & 1u;
  return static_cast<uint16_t>(sign | (kept + half_ulp - 1 + odd) >> drop);
}

// bf16 is the upper half of an f32: widening is a shift, and passes a signalling NaN on.
static constexpr float bf16_to_float(uint16_t bf16) noexcept {
  return __builtin_bit_cast(float, static_cast<uint32_t>(bf16) << 16);
}

static constexpr uint16_t float_to_bf16(float value) noexcept {
  const uint32_t bits = __builtin_bit_cast(uint32_t, value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>(bits >> 16 | 0x40u);
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace tenfold
