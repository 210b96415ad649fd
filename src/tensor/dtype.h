// Element types as GGUF numbers them, and the geometry of their blocks. Plain data, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tenfold {

enum class DType : std::uint8_t {
  kF32,
  kF16,
  kBF16,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ2_K,
  kQ3_K,
  kQ4_K,
  kQ5_K,
  kQ6_K,
  kIQ4_NL,
  kIQ4_XS,
};
inline constexpr int kNumDTypes = 15;

struct DTypeTraits {
  const char* name;           // "q4_k", as `--type` and `inspect` print it
  std::uint32_t ggml_id;      // the number in a GGUF tensor record
  std::uint16_t block_elems;  // elements of one block; a row is a whole number of blocks
  std::uint16_t block_bytes;  // bytes of one block in the file
};

// type: one of those above.
const DTypeTraits& dtype_traits(DType type) noexcept;
inline bool is_quantized(DType type) noexcept { return type > DType::kBF16; }

// The type with this GGUF number, if Tenfold reads it.
std::optional<DType> dtype_from_ggml_id(std::uint32_t ggml_id) noexcept;
// The name llama.cpp gives this GGUF number ("IQ2_XXS", …), or "" when nobody does.
std::string_view ggml_type_name(std::uint32_t ggml_id) noexcept;
std::optional<DType> dtype_from_name(std::string_view name) noexcept;

// Bytes of one row of `n` elements. n must be a multiple of block_elems, and n·block_bytes must fit 63 bits.
std::size_t row_bytes(DType type, std::int64_t n) noexcept;

}  // namespace tenfold
