// For tests only: GGUF files as bytes, made without the reader or the writer, so that every rule can be broken.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tenfold {

// Bytes put together from little-endian numbers and length-prefixed strings.
class ByteString {
 public:
  template <typename T>
  ByteString& put(T value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  ByteString& put_string(std::string_view text) { return put<std::uint64_t>(text.size()).put_raw(text); }
  ByteString& put_raw(std::string_view text) {
    bytes_ += text;
    return *this;
  }
  [[nodiscard]] const std::string& str() const noexcept { return bytes_; }

 private:
  std::string bytes_;
};

// A metadata value: type number and payload, as in the file.
std::string u16_value(std::uint16_t value);
std::string u32_value(std::uint32_t value);
std::string i32_value(std::int32_t value);
std::string u64_value(std::uint64_t value);
std::string f32_value(float value);
std::string string_value(std::string_view value);
std::string strings_value(const std::vector<std::string>& values);
std::string i32s_value(const std::vector<std::int32_t>& values);
std::string f32s_value(const std::vector<float>& values);

struct RawEntry {
  std::string key;
  std::string value;
};

struct RawTensor {
  std::string name;
  std::vector<std::uint64_t> dims;
  std::uint32_t type = 0;
  std::string data;
  std::optional<std::uint64_t> offset;  // else behind the tensor before, aligned
};

struct RawGguf {
  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::uint64_t alignment = 32;  // of the data; the key is an entry like any other
  std::vector<RawEntry> entries;
  std::vector<RawTensor> tensors;

  [[nodiscard]] RawEntry& entry(std::string_view key);
  [[nodiscard]] RawTensor& tensor(std::string_view name);
  RawGguf& set(std::string_view key, std::string value);  // replaces or appends
  RawGguf& erase(std::string_view key);
};

// A number in a serialized file that a forger would change.
struct RawField {
  enum Kind { kCount, kLength, kValueType, kTensorType, kDimCount, kDim, kOffset };
  Kind kind;
  std::size_t position;
  std::size_t width;  // 4 or 8
  std::string what;   // "length of key general.name"
};

// fields: if given, every number of the header's structure.
std::string serialize(const RawGguf& file, std::vector<RawField>* fields = nullptr);

// The file with one field overwritten by the low bytes of `value`.
std::string patched(std::string bytes, const RawField& field, std::uint64_t value);

// A llama model of one layer and 258 tokens, about 17 KB, that every rule is kept in. Weights are small random numbers.
RawGguf tiny_gguf();

}  // namespace tenfold
