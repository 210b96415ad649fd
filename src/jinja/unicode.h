// What Python's str methods know about characters: classes and case. Pure functions on valid UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tenfold::jinja {

// Bits of character_class(), each named after the str method that asks for it. A cased letter has one case.
enum CharacterClass : std::uint8_t {
  kPrintable = 1,
  kAlpha = 2,
  kDecimal = 4,
  kDigit = 8,
  kNumeric = 16,
  kLower = 32,
  kUpper = 64,
  kTitle = 128,
  kAlphanumeric = kAlpha | kDecimal | kDigit | kNumeric,
  kCased = kLower | kUpper | kTitle,
};

std::uint8_t character_class(char32_t code_point);

std::string to_upper(std::string_view text);
// The Greek sigma takes its final form at the end of a word.
std::string to_lower(std::string_view text);
std::string swap_case(std::string_view text);
// First character in title case, the rest lower: str.capitalize.
std::string capitalize(std::string_view text);
// Every run of letters capitalized: str.title.
std::string title_words(std::string_view text);
// Words as the `title` filter sees them: started by white space, '-', '(', '{', '[' or '<'.
std::string title_filter(std::string_view text);

}  // namespace tenfold::jinja
