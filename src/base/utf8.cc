#include "base/utf8.h"

#include "base/contracts.h"

namespace tenfold {

namespace {

constexpr Utf8Char kInvalid{0xFFFD, 1, false};

// Bytes that a character with this first byte has; 0 for a byte that cannot start one.
int expected_bytes(unsigned char first) noexcept {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

bool is_continuation(unsigned char byte) noexcept { return (byte & 0xC0) == 0x80; }

// The second byte is narrower after E0, ED, F0 and F4: no overlong forms, surrogates or values past U+10FFFF.
bool second_byte_fits(unsigned char first, unsigned char second) noexcept {
  if (!is_continuation(second)) return false;
  if (first == 0xE0) return second >= 0xA0;
  if (first == 0xED) return second < 0xA0;
  if (first == 0xF0) return second >= 0x90;
  if (first == 0xF4) return second < 0x90;
  return true;
}

}  // namespace

Utf8Char decode_utf8(std::string_view text, std::size_t at) noexcept {
  TENFOLD_DCHECK(at < text.size());
  const auto first = static_cast<unsigned char>(text[at]);
  const int n = expected_bytes(first);
  if (n == 1) return {first, 1, true};
  if (n == 0 || at + static_cast<std::size_t>(n) > text.size()) return kInvalid;
  if (!second_byte_fits(first, static_cast<unsigned char>(text[at + 1]))) return kInvalid;
  char32_t code_point = first & (0xFF >> (n + 1));
  for (int i = 1; i < n; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
    if (!is_continuation(byte)) return kInvalid;
    code_point = (code_point << 6) | (byte & 0x3F);
  }
  return {code_point, static_cast<std::uint8_t>(n), true};
}

void append_utf8(std::string& out, char32_t c) {
  TENFOLD_DCHECK(c <= 0x10FFFF);
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (c >> 6)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (c >> 12)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | (c >> 18)));
    out.push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

std::size_t complete_utf8_prefix(std::string_view text) noexcept {
  const std::size_t size = text.size();
  for (std::size_t back = 1; back <= 3 && back <= size; ++back) {
    const auto byte = static_cast<unsigned char>(text[size - back]);
    if (is_continuation(byte)) continue;
    const int n = expected_bytes(byte);
    if (n <= static_cast<int>(back)) return size;
    if (back >= 2 && !second_byte_fits(byte, static_cast<unsigned char>(text[size - back + 1]))) return size;
    return size - back;
  }
  return size;
}

bool is_valid_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char next = decode_utf8(text, at);
    if (!next.valid) return false;
    at += next.n_bytes;
  }
  return true;
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char next = decode_utf8(text, at);
    if (next.valid) {
      out.append(text.substr(at, next.n_bytes));
    } else {
      append_utf8(out, 0xFFFD);
    }
    at += next.n_bytes;
  }
  return out;
}

}  // namespace tenfold
