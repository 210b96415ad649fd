// UTF-8: one strict decoder and encoder for the whole program. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenfold {

struct Utf8Char {
  char32_t code_point;   // U+FFFD when invalid
  std::uint8_t n_bytes;  // bytes consumed: 1…4; 1 when invalid
  bool valid;            // false: stray, overlong, surrogate, > U+10FFFF or cut short
};

// Decodes the character that starts at text[at]; at < text.size().
Utf8Char decode_utf8(std::string_view text, std::size_t at) noexcept;

// code_point: up to U+10FFFF.
void append_utf8(std::string& out, char32_t code_point);

// Length of the longest prefix of `text` that does not end inside a character that more bytes could complete.
// What is before it may still hold invalid bytes; what is after it is at most 3 bytes.
std::size_t complete_utf8_prefix(std::string_view text) noexcept;

bool is_valid_utf8(std::string_view text) noexcept;

// Every invalid byte replaced by U+FFFD.
std::string to_valid_utf8(std::string_view text);

}  // namespace tenfold
