// Numbers and texts within a file's bytes. What lies past the end reads as 0, so that a broken file is one that says
// nothing.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

namespace tenfold {

using Bytes = std::span<const std::byte>;

enum class Endian { kLittle, kBig };

inline unsigned byte_at(Bytes bytes, std::size_t at) {
  return at < bytes.size() ? std::to_integer<unsigned>(bytes[at]) : 0;
}

inline unsigned u16_at(Bytes bytes, std::size_t at, Endian endian) {
  const unsigned a = byte_at(bytes, at), b = byte_at(bytes, at + 1);
  return endian == Endian::kLittle ? a | b << 8U : a << 8U | b;
}

inline std::size_t u32_at(Bytes bytes, std::size_t at, Endian endian) {
  const std::size_t a = u16_at(bytes, at, endian), b = u16_at(bytes, at + 2, endian);
  return endian == Endian::kLittle ? a | b << 16U : a << 16U | b;
}

inline char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

inline bool starts_with(Bytes bytes, std::string_view text) { return text_of(bytes).starts_with(text); }

}  // namespace tenfold
