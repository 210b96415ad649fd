#include "seen_text.h"

#include <locale.h>

#include <cwchar>

#include "base/control_chars.h"
#include "base/utf8.h"

namespace tenfold::cli {

namespace {

constexpr char32_t kZeroWidthJoiner = 0x200d;

bool is_regional_letter(char32_t c) { return c >= 0x1f1e6 && c <= 0x1f1ff; }
bool is_skin_tone(char32_t c) { return c >= 0x1f3fb && c <= 0x1f3ff; }

bool is_ascii(char byte) { return static_cast<unsigned char>(byte) < 0x80; }

// Whether `next` belongs to the character that `before` is the end of, so far n_chars code points.
bool joins(char32_t before, char32_t next, int n_chars) {
  if (next < 0x80 || is_control_char(before) || is_control_char(next)) return false;
  if (is_regional_letter(before) && is_regional_letter(next)) return n_chars == 1;
  return before == kZeroWidthJoiner || is_skin_tone(next) || columns_of(next) == 0;
}

}  // namespace

int columns_of(char32_t c) noexcept {
  if (c < 0x80) return 1;
  // The C library knows the widths, but tells them only in a locale of UTF-8; the user's may be another.
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  const locale_t before = uselocale(utf8);  // a null locale changes nothing
  const int width = wcwidth(static_cast<wchar_t>(c));
  uselocale(before);
  return width < 0 ? 1 : width;
}

std::size_t next_seen(std::string_view text, std::size_t at) noexcept {
  Utf8Char last = decode_utf8(text, at);
  at += last.n_bytes;
  for (int n_chars = 1; last.valid && at < text.size(); ++n_chars) {
    const Utf8Char next = decode_utf8(text, at);
    if (!next.valid || !joins(last.code_point, next.code_point, n_chars)) break;
    last = next;
    at += next.n_bytes;
  }
  return at;
}

std::size_t previous_seen(std::string_view text, std::size_t at) noexcept {
  // An ASCII byte begins a character, whatever comes before it.
  std::size_t begin = at - 1;
  while (begin > 0 && !is_ascii(text[begin])) --begin;
  for (;;) {
    const std::size_t end = next_seen(text, begin);
    if (end >= at) return begin;
    begin = end;
  }
}

}  // namespace tenfold::cli
