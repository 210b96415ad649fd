// What the scanners of pretokenizer_passes.h and pretokenizer_words.cc are made of. Private to them.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

#include "tokenizer/char_text.h"

namespace tenfold::pretokenizer {

struct CodePointRange {
  char32_t first;
  char32_t last;
};

// ranges: ascending.
template <std::size_t n>
bool in_ranges(const CodePointRange (&ranges)[n], Char c) {
  const auto* after = std::upper_bound(std::begin(ranges), std::end(ranges), c.code_point(),
                                       [](char32_t point, const CodePointRange& range) { return point < range.first; });
  return after != std::begin(ranges) && c.code_point() <= std::prev(after)->last;
}

// What llama.cpp takes for \p{Han}: the blocks of ideographs up to extension F.
inline constexpr CodePointRange kHan[] = {{0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},
                                          {0x20000, 0x2A6DF}, {0x2A700, 0x2EBEF}, {0x2F800, 0x2FA1F}};

template <typename Predicate>
inline std::size_t run_from(const Chars& text, std::size_t at, Predicate&& accepts) {
  for (;;) {
    const std::size_t stop = std::min(text.size(), at + Chars::kBetweenLooks);
    while (at < stop && accepts(text[at])) ++at;
    if (at < stop || at == text.size() || text.is_cancelled()) return at;
  }
}

inline bool is_newline(Char c) { return c.is(U'\r') || c.is(U'\n'); }
inline bool is_space(Char c) { return c.is(CharClass::kSpace); }
inline bool is_letter(Char c) { return c.is(CharClass::kLetter); }
inline bool is_number(Char c) { return c.is(CharClass::kNumber); }
inline bool is_punctuation(Char c) { return c.is(CharClass::kPunctuation); }
inline bool is_letter_or_mark(Char c) { return c.is(CharClass::kLetter) || c.is(CharClass::kMark); }
inline bool is_han(Char c) { return in_ranges(kHan, c); }
inline bool is_ascii(Char c) { return c.code_point() < 0x80; }
inline bool is_ascii_lower(Char c) { return c.code_point() >= U'a' && c.code_point() <= U'z'; }
inline bool is_ascii_upper(Char c) { return c.code_point() >= U'A' && c.code_point() <= U'Z'; }
inline bool is_ascii_digit(Char c) { return c.code_point() >= U'0' && c.code_point() <= U'9'; }

// 's|'t|'re|'ve|'m|'ll|'d at the start: its length, or 0.
inline std::size_t contraction(const Chars& rest, bool any_case) {
  if (rest.size() < 2 || !rest[0].is(U'\'')) return 0;
  const auto letter = [&](std::size_t at) {
    const char32_t c = rest[at].code_point();
    return any_case && c >= U'A' && c <= U'Z' ? c - U'A' + U'a' : c;
  };
  const char32_t first = letter(1);
  if (first == U's' || first == U't' || first == U'm' || first == U'd') return 2;
  if (rest.size() < 3) return 0;
  const char32_t second = letter(2);
  const bool two =
      (first == U'r' && second == U'e') || (first == U'v' && second == U'e') || (first == U'l' && second == U'l');
  return two ? 3 : 0;
}

// \s+(?!\S)|\s+ : a run gives its last space to the word that follows.
inline std::size_t spaces(const Chars& rest) {
  const std::size_t n = run_from(rest, 0, is_space);
  return n > 1 && n < rest.size() ? n - 1 : n;
}

// \s*[\r\n]+|\s+(?!\S)|\s+
inline std::size_t spaces_and_newlines(const Chars& rest) {
  std::size_t after_last_newline = 0;
  std::size_t at = 0;
  run_from(rest, 0, [&](Char c) {
    ++at;
    if (is_newline(c)) after_last_newline = at;
    return is_space(c);
  });
  return after_last_newline > 0 ? after_last_newline : spaces(rest);
}

// Where a word with an optional character before it has its first letter: 0, 1, or npos for no word.
template <typename InWord, typename MayLead>
inline std::size_t word_start(const Chars& rest, InWord&& in_word, MayLead&& may_lead) {
  if (in_word(rest[0])) return 0;
  return may_lead(rest[0]) && rest.size() > 1 && in_word(rest[1]) ? 1 : std::string_view::npos;
}

// " ?X+" for X = accepts, then any of `tail`: its length, or 0.
template <typename Accepts, typename Tail>
inline std::size_t symbols_after_blank(const Chars& rest, Accepts&& accepts, Tail&& tail) {
  const std::size_t start = rest[0].is(U' ') ? 1 : 0;
  const std::size_t end = run_from(rest, start, accepts);
  return end > start ? run_from(rest, end, tail) : 0;
}

// "\s?X+" for X = accepts: its length, or 0.
template <typename Accepts>
inline std::size_t run_after_space(const Chars& rest, Accepts&& accepts) {
  const std::size_t start = is_space(rest[0]) ? 1 : 0;
  const std::size_t end = run_from(rest, start, accepts);
  return end > start ? end : 0;
}

}  // namespace tenfold::pretokenizer
