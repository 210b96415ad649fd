// Quantised rows as integers: w = scale·code − min, 32 elements at a time. What every fast kernel must agree with.
#pragma once

#include <stdint.h>

#include "tensor/dtype.h"

namespace tenfold::kernels::scalar {

// 32 elements; elements 0…15 have scale[0] and min[0], elements 16…31 the others (equal where a type has 32 a scale).
struct CodeBlock {
  int32_t codes[32];  // with the zero point taken away
  float scale[2];
  float min[2];  // 0 for types without one
};

// Elements [32·i, 32·i + 32) of a row as it lies in the file. i ≥ 0. Not for F32, F16, BF16.
void decode_block(DType type, const void* row, int64_t i, CodeBlock& out) noexcept;

}  // namespace tenfold::kernels::scalar
