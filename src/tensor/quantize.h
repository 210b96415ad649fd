// From f32 to GGUF's simple blocks, bit for bit as the Python package `gguf` does it: one scale (and minimum) a block,
// taken from its extremes, codes rounded to the nearest. Searching for better scales is the compressor's business.
// Pure functions, thread-safe.
#pragma once

#include <cstdint>

#include "tenfold/status.h"
#include "tensor/dtype.h"

namespace tenfold {

// F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0.
bool can_quantize(DType type) noexcept;

//   values:  n floats, n a multiple of the type's block_elems. A block with an infinity or a NaN gets a scale that is
//            not finite and codes without meaning.
//   blocks:  row_bytes(type, n) bytes of any alignment, overwritten
// Errors: kUnsupported unless can_quantize(type).
Status quantize_row(DType type, const float* values, std::int64_t n, void* blocks);

}  // namespace tenfold
