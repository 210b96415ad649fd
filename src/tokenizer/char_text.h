// Text as pre-tokenizers see it: code points with their classes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/unicode_class.h"

namespace tenfold {

// A code point and its class in four bytes: prompts can be long.
class Char {
 public:
  explicit Char(char32_t code_point)
      : bits_(static_cast<std::uint32_t>(code_point) | static_cast<std::uint32_t>(tenfold::char_class(code_point))
                                                           << 21) {}

  [[nodiscard]] char32_t code_point() const noexcept { return bits_ & 0x1FFFFF; }
  [[nodiscard]] CharClass char_class() const noexcept { return static_cast<CharClass>(bits_ >> 21); }
  [[nodiscard]] bool is(char32_t code_point) const noexcept { return this->code_point() == code_point; }
  [[nodiscard]] bool is(CharClass char_class) const noexcept { return this->char_class() == char_class; }

 private:
  std::uint32_t bits_;
};

using Chars = std::span<const Char>;

// Decodes as llama.cpp does, so that ids agree on broken text too: more leniently than base/utf8.h. Overlong forms and
// surrogates are taken at face value; any other byte that does not fit becomes U+FFFD.
std::vector<Char> decode_chars(std::string_view text);

void append_chars(std::string& out, Chars chars);

}  // namespace tenfold
