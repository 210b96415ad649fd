// The header of one GGUF file as bytes to be written: keys and values, then the list of tensors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model_file/gguf/gguf_file.h"

namespace tenfold {

// What every GGUF file begins with.
inline constexpr std::string_view kGgufMagic = "GGUF";

// Keys and values, collected in the file's encoding.
class KeyBytes {
 public:
  // Errors: those of reading a value that lies in a file.
  Status add(const GgufEntry& entry);
  void add(std::string_view key, const GgufScalar& value);
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

 private:
  std::uint64_t count_ = 0;
  std::string bytes_;
};

// tensors: of 1…4 dimensions. Offsets are written as they are: from the data section on, which begins at the next
// multiple of the alignment.
std::string header_bytes(int version, const KeyBytes& keys, std::span<const GgufTensor> tensors);

// How much longer the header is with this tensor in it; likewise.
std::uint64_t record_bytes(const GgufTensor& tensor) noexcept;

}  // namespace tenfold
