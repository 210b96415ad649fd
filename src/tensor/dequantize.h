// From GGUF's blocks to f32, bit for bit as the Python package `gguf` does it: the meaning of every quantised type.
// Plain code, no intrinsics; kernels are compared with it. Pure function, thread-safe.
#pragma once

#include <cstdint>

#include "tensor/dtype.h"

namespace tenfold {

//   blocks:  row_bytes(type, n) bytes of any alignment
//   n:       elements; a multiple of the type's block_elems
//   out:     n floats, overwritten
void dequantize_row(DType type, const void* blocks, std::int64_t n, float* out) noexcept;

}  // namespace tenfold
