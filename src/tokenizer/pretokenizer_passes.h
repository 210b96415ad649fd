// The scanners that pre-tokenizer rules are made of. Private to pretokenizer.cc and its test; the words of a rule are
// in pretokenizer_words.cc, what it cuts out besides in pretokenizer_matches.h.
//
// Two kinds: a pass gives the length of the first piece (never 0); a match gives the length of what it accepts at the
// very start of the text, or 0. isolate<match> is the pass that cuts matches out and keeps what lies between as pieces.
#pragma once

#include <cstddef>

#include "tokenizer/char_text.h"

namespace tenfold::pretokenizer {

using Match = std::size_t (*)(const Chars& rest);

// A match must fail in constant time for this to be linear.
template <Match match>
std::size_t isolate(const Chars& rest) {
  if (const std::size_t n = match(rest); n > 0) return n;
  std::size_t gap = 1;
  while (gap < rest.size() && match(rest.subspan(gap)) == 0) {
    if (++gap % Chars::kBetweenLooks == 0 && rest.is_cancelled()) break;
  }
  return gap;
}

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t gpt2_word(const Chars& rest);

struct Llama3Options {
  std::size_t max_digits;              // N in \p{N}{1,N}
  bool marks_in_words = false;         // \p{M} counts as \p{L}
  bool contractions = true;            // the first alternative
  bool newlines_after_symbols = true;  // [\r\n]* behind [^\s\p{L}\p{N}]+
};
// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
std::size_t llama3_word(const Chars& rest, Llama3Options options);
template <Llama3Options options>
std::size_t llama3_word(const Chars& rest) {
  return llama3_word(rest, options);
}

struct Gpt4oOptions {
  std::size_t max_digits;
  bool contractions;  // words take a following 's, 't, 're, … along
};
// Of the letters L, U are those but a-z and W those but A-Z (so letters beyond ASCII are both), C is (?i:'s|'t|…)?
// [^\r\n\p{L}\p{N}]?U*W+C|[^\r\n\p{L}\p{N}]?U+W*C|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
std::size_t gpt4o_word(const Chars& rest, Gpt4oOptions options);
template <Gpt4oOptions options>
std::size_t gpt4o_word(const Chars& rest) {
  return gpt4o_word(rest, options);
}

// [^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+C|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
std::size_t caseless_gpt4o_word(const Chars& rest, std::size_t max_digits);
template <std::size_t max_digits>
std::size_t caseless_gpt4o_word(const Chars& rest) {
  return caseless_gpt4o_word(rest, max_digits);
}

// Of the letters L those that are not Han:
// \p{Han}+|[^\r\n\p{L}\p{N}]?L+C|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
std::size_t kimi_word(const Chars& rest);

// Words with single blanks between them are one piece. For W = \p{L}\p{M}*
// (?i:'s|…)|[^\r\n\p{L}\p{N}]?(?:W(?: W)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+
std::size_t exaone_moe_words(const Chars& rest);

// \s+$
std::size_t trailing_spaces(const Chars& rest);

// [^\n]+|\n+
std::size_t line_or_newlines(const Chars& rest);

// Numbers in groups of three from the right. A pass that counted a run again for each group would take quadratic time,
// so each rule is two: the first cuts a run once, before its whole threes, the second cuts those.
// What stands before a run goes with its first group, and what follows stays with the text behind:
std::size_t numbers_with_what_leads(const Chars& rest);
std::size_t leading_three_numbers(const Chars& rest);
// (?=([0-9]{3})+(?![0-9])), a place between characters; what follows a run stays with its last group:
std::size_t up_to_whole_threes(const Chars& rest);
std::size_t leading_three_of_four_digits(const Chars& rest);

// [!-/:-@[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
std::size_t deepseek_v3_word(const Chars& rest);

}  // namespace tenfold::pretokenizer
