// What pre-tokenizer rules cut out of a text: see `isolate`. Inline, since most are asked at every character.
#pragma once

#include <algorithm>
#include <string_view>

#include "tokenizer/char_text.h"
#include "tokenizer/pretokenizer_scan.h"

namespace tenfold::pretokenizer {

// The letters that DeepSeek LLM's rule lists.
inline constexpr CodePointRange kCasedLetters[] = {
#include "tokenizer/deepseek_letters.inc"
};

// The length of `wanted` if the text begins with it, else 0.
inline std::size_t after_ascii(const Chars& rest, std::string_view wanted) {
  if (rest.size() < wanted.size()) return 0;
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    if (!rest[at].is(static_cast<char32_t>(wanted[at]))) return 0;
  }
  return wanted.size();
}

// [\r\n]
inline std::size_t newline(const Chars& rest) { return is_newline(rest[0]) ? 1 : 0; }

// \p{N}
inline std::size_t number(const Chars& rest) { return is_number(rest[0]) ? 1 : 0; }

// \p{N}+
inline std::size_t numbers(const Chars& rest) { return run_from(rest, 0, is_number); }

// \p{N}{1,3}
inline std::size_t three_numbers(const Chars& rest) {
  return run_from(rest.first(std::min<std::size_t>(rest.size(), 3)), 0, is_number);
}

// [0-9][0-9][0-9]
inline std::size_t three_ascii_digits(const Chars& rest) {
  return rest.size() >= 3 && is_ascii_digit(rest[0]) && is_ascii_digit(rest[1]) && is_ascii_digit(rest[2]) ? 3 : 0;
}

// \s?\p{L}+
inline std::size_t spaced_letters(const Chars& rest) { return run_after_space(rest, is_letter); }

// \s?[the letters with case of Unicode's BMP around 2018, and a few]+
inline std::size_t spaced_cased_letters(const Chars& rest) {
  return run_after_space(rest, [](Char c) { return in_ranges(kCasedLetters, c); });
}

// \s?\p{P}+
inline std::size_t spaced_punctuation(const Chars& rest) { return run_after_space(rest, is_punctuation); }

// \s?[!-/:-~ and the same in full width, ‘-‟ and U+3000-U+3002]+
inline std::size_t spaced_wide_punctuation(const Chars& rest) {
  // U+3000 is in the rule's list, but a space to llama.cpp before the list is looked at.
  static constexpr CodePointRange kRanges[] = {{0x21, 0x2F},     {0x3A, 0x7E},     {0x2018, 0x201F},
                                               {0x3001, 0x3002}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF5E}};
  return run_after_space(rest, [](Char c) { return in_ranges(kRanges, c); });
}

// [U+4E00-U+9FA5 U+3040-U+30FF]+
inline std::size_t cjk_and_kana(const Chars& rest) {
  static constexpr CodePointRange kRanges[] = {{0x3040, 0x30FF}, {0x4E00, 0x9FA5}};
  return run_from(rest, 0, [](Char c) { return in_ranges(kRanges, c); });
}

// Hangul+|wide punctuation+|Bopomofo+|[as the last one]+
inline std::size_t youtu_scripts(const Chars& rest) {
  static constexpr CodePointRange kHangul[] = {{0x3131, 0x318E}, {0xAC00, 0xD7A3}};
  static constexpr CodePointRange kPunctuation[] = {{0x2014, 0x2014}, {0x2018, 0x2019}, {0x201C, 0x201D},
                                                    {0x2026, 0x2026}, {0x3001, 0x303F}, {0xFE30, 0xFE4F},
                                                    {0xFF01, 0xFF01}, {0xFF0C, 0xFF0C}, {0xFF1A, 0xFF1B}};
  static constexpr CodePointRange kBopomofo[] = {{0x3105, 0x312F}};
  const std::size_t n = cjk_and_kana(rest);
  if (n > 0) return n;
  if (in_ranges(kHangul, rest[0])) return run_from(rest, 0, [](Char c) { return in_ranges(kHangul, c); });
  if (in_ranges(kBopomofo, rest[0])) return run_from(rest, 0, [](Char c) { return in_ranges(kBopomofo, c); });
  return run_from(rest, 0, [](Char c) { return in_ranges(kPunctuation, c); });
}

// [East and South-East Asian scripts, as one run]+
inline std::size_t afmoe_scripts(const Chars& rest) {
  static constexpr CodePointRange kRanges[] = {{0x0E40, 0x0EFF}, {0x1000, 0x109F}, {0x1100, 0x11FF},
                                               {0x1780, 0x17FF}, {0x2F00, 0x2FDF}, {0x3040, 0x30FF},
                                               {0x3400, 0x4DBF}, {0x4E00, 0xFAFF}, {0xFF65, 0xFF9F}};
  return run_from(rest, 0, [](Char c) { return in_ranges(kRanges, c); });
}

//  ?[^(\s|.,!?…。，、।۔،)]+
inline std::size_t bloom_word(const Chars& rest) {
  static constexpr CodePointRange kBorders[] = {{0x21, 0x21},     {0x28, 0x29},     {0x2C, 0x2C},     {0x2E, 0x2E},
                                                {0x3F, 0x3F},     {0x7C, 0x7C},     {0x060C, 0x060C}, {0x06D4, 0x06D4},
                                                {0x0964, 0x0964}, {0x2026, 0x2026}, {0x3001, 0x3002}, {0xFF0C, 0xFF0C}};
  const std::size_t start = rest[0].is(U' ') ? 1 : 0;
  const std::size_t end = run_from(rest, start, [](Char c) { return !is_space(c) && !in_ranges(kBorders, c); });
  return end > start ? end : 0;
}

// <sentinel:[0-9]+>
inline std::size_t sentinel_token(const Chars& rest) {
  const std::size_t start = after_ascii(rest, "<sentinel:");
  if (start == 0) return 0;
  const std::size_t end = run_from(rest, start, is_ascii_digit);
  return end > start && end < rest.size() && rest[end].is(U'>') ? end + 1 : 0;
}

// IMGIMG[A-I]{1,4}Z
inline std::size_t image_token(const Chars& rest) {
  const std::size_t start = after_ascii(rest, "IMGIMG");
  if (start == 0) return 0;
  const auto is_code = [](Char c) { return c.code_point() >= U'A' && c.code_point() <= U'I'; };
  const std::size_t end = run_from(rest.first(std::min(rest.size(), start + 4)), start, is_code);
  return end > start && end < rest.size() && rest[end].is(U'Z') ? end + 1 : 0;
}

// [\t\n]| {4}| {2}
inline std::size_t tab_newline_or_blanks(const Chars& rest) {
  if (rest[0].is(U'\t') || rest[0].is(U'\n')) return 1;
  const std::size_t n =
      run_from(rest.first(std::min<std::size_t>(rest.size(), 4)), 0, [](Char c) { return c.is(U' '); });
  return n == 4 ? 4 : n >= 2 ? 2 : 0;
}

// [\p{P}$+<=>^~|`]
inline std::size_t punctuation_mark(const Chars& rest) {
  return is_punctuation(rest[0]) || (rest[0].is(CharClass::kSymbol) && is_ascii(rest[0])) ? 1 : 0;
}

// [U+0800-U+9FA5 U+AC00-U+D7FF]+
inline std::size_t cjk_and_beyond(const Chars& rest) {
  static constexpr CodePointRange kRanges[] = {{0x0800, 0x9FA5}, {0xAC00, 0xD7FF}};
  return run_from(rest, 0, [](Char c) { return in_ranges(kRanges, c) && !is_space(c); });
}

// [\p{P}$+<=>^~|`]+
inline std::size_t falcon_punctuation(const Chars& rest) {
  return run_from(rest, 0, [](Char c) { return is_punctuation(c) || (c.is(CharClass::kSymbol) && is_ascii(c)); });
}

// [\p{P}$+<=>^~|]+
inline std::size_t default_punctuation(const Chars& rest) {
  return run_from(rest, 0,
                  [](Char c) { return is_punctuation(c) || (c.is(CharClass::kSymbol) && is_ascii(c) && !c.is(U'`')); });
}

}  // namespace tenfold::pretokenizer
