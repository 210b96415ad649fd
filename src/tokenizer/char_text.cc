#include "tokenizer/char_text.h"

#include <cstddef>

#include "base/utf8.h"

namespace tenfold {

namespace {

struct Decoded {
  char32_t code_point;
  std::size_t n_bytes;
};

constexpr Decoded kBroken{0xFFFD, 1};

std::size_t bytes_announced_by(unsigned char first) noexcept {
  if (first < 0x80) return 1;
  if (first < 0xC0) return 0;
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 3;
  if (first < 0xF8) return 4;
  return 0;
}

Decoded decode_leniently(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t n = bytes_announced_by(first);
  if (n == 1) return {first, 1};
  if (n == 0 || n > text.size()) return kBroken;
  char32_t code_point = first & (0xFFu >> (n + 1));
  for (std::size_t i = 1; i < n; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return kBroken;
    code_point = (code_point << 6) | (byte & 0x3F);
  }
  // llama.cpp throws on these; a replacement character a byte is what it does with other broken bytes.
  if (code_point > 0x10FFFF) return kBroken;
  return {code_point, n};
}

}  // namespace

std::vector<Char> decode_chars(std::string_view text, CancelLatch* cancel) {
  std::vector<Char> chars;
  chars.reserve(text.size());
  while (!text.empty() && (cancel == nullptr || !cancel->is_set())) {
    for (std::size_t left = Chars::kBetweenLooks; left > 0 && !text.empty(); --left) {
      const Decoded next = decode_leniently(text);
      chars.emplace_back(next.code_point);
      text.remove_prefix(next.n_bytes);
    }
  }
  return chars;
}

void append_chars(std::string& out, const Chars& chars) {
  std::size_t left = Chars::kBetweenLooks;
  for (const Char c : chars) {
    append_utf8(out, c.code_point());
    if (--left > 0) continue;
    if (chars.is_cancelled()) return;
    left = Chars::kBetweenLooks;
  }
}

}  // namespace tenfold
