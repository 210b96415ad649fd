// A look at the numbers that rows are made of, as they lie in a file: the floats themselves, or the scales of blocks.
// Pure functions, thread-safe; of quantised types two bytes or four of each block are read.
#pragma once

#include <cstdint>
#include <span>

#include "tensor/dtype.h"

namespace tenfold {

// In this order, so that what several runs of elements are together is the largest of what they are.
enum class Numbers : std::uint8_t {
  kAllZero,
  kFinite,
  kNotFinite,  // a NaN or an infinity is among them
};

//   blocks:  row_bytes(type, n) bytes of any alignment
//   n:       elements; a multiple of the type's block_elems
Numbers scan_numbers(DType type, const void* blocks, std::int64_t n) noexcept;

// Whether none is NaN or infinite.
inline bool all_finite(std::span<const float> values) noexcept {
  return scan_numbers(DType::kF32, values.data(), static_cast<std::int64_t>(values.size())) != Numbers::kNotFinite;
}

}  // namespace tenfold
