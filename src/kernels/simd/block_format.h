// What a quantised type is made of, apart from where its bits lie in the file: integer codes, a zero point, scales.
// Shared by the vector instruction sets; constants and internal linkage only, so that nothing can leak between them.
#pragma once

#include <stdint.h>

#include "tensor/dtype.h"

namespace tenfold::kernels {
namespace {

constexpr int kBlock = 32;  // elements that share a scale of the activations

enum class Scales : uint8_t {
  kPlain,        // w = d·q: F16 d for 32 elements
  kPlainMin,     // w = d·q + m
  kSuper,        // w = d·s·q: F16 d for 256 elements, signed byte s for each group
  kSuperMin,     // w = d·s·q − dmin·m: a byte s and a byte m
  kSuperNibble,  // the same, s in the low and m in the high nibble of one byte
};

enum class Codes : uint8_t {
  kUnsigned,  // q = code − zero_point
  kSigned,    // q = code, two's complement
  kLevels,    // q = kIQ4Values[code]
};

struct BlockFormat {
  int low_bits = 0;   // of a code, kept together: 2, 4 or 8
  int high_bits = 0;  // the rest of a code: 0, 1 or 2
  Codes codes = Codes::kUnsigned;
  int zero_point = 0;
  int groups = 1;  // of 32 elements, each with a scale of its own: 1 or 2
  Scales scales = Scales::kPlain;

  constexpr bool is_super() const { return scales >= Scales::kSuper; }
  constexpr bool has_min() const { return scales != Scales::kPlain && scales != Scales::kSuper; }
  constexpr int elems() const { return is_super() ? 256 : kBlock; }
  constexpr int group_elems() const { return kBlock / groups; }
  constexpr int max_code() const { return (1 << (low_bits + high_bits)) - 1; }
};

constexpr BlockFormat format_of(DType type) {
  switch (type) {
    case DType::kF32:
    case DType::kF16:
    case DType::kBF16: break;
    case DType::kQ4_0: return {.low_bits = 4, .zero_point = 8};
    case DType::kQ4_1: return {.low_bits = 4, .scales = Scales::kPlainMin};
    case DType::kQ5_0: return {.low_bits = 4, .high_bits = 1, .zero_point = 16};
    case DType::kQ5_1: return {.low_bits = 4, .high_bits = 1, .scales = Scales::kPlainMin};
    case DType::kQ8_0: return {.low_bits = 8, .codes = Codes::kSigned};
    case DType::kQ2_K: return {.low_bits = 2, .groups = 2, .scales = Scales::kSuperNibble};
    case DType::kQ3_K: return {.low_bits = 2, .high_bits = 1, .zero_point = 4, .groups = 2, .scales = Scales::kSuper};
    case DType::kQ4_K: return {.low_bits = 4, .scales = Scales::kSuperMin};
    case DType::kQ5_K: return {.low_bits = 4, .high_bits = 1, .scales = Scales::kSuperMin};
    case DType::kQ6_K: return {.low_bits = 4, .high_bits = 2, .zero_point = 32, .groups = 2, .scales = Scales::kSuper};
    case DType::kIQ4_NL: return {.low_bits = 4, .codes = Codes::kLevels};
    case DType::kIQ4_XS: return {.low_bits = 4, .codes = Codes::kLevels, .scales = Scales::kSuper};
  }
  return {};
}

}  // namespace
}  // namespace tenfold::kernels
