// The scanners that pre-tokenizer rules are made of. Private to pretokenizer.cc and its test.
//
// Two kinds: a pass gives the length of the first piece (never 0); a match gives the length of what it accepts at the
// very start of the text, or 0. isolate<match> is the pass that cuts matches out and keeps what lies between as pieces.
#pragma once

#include <cstddef>

#include "tokenizer/char_text.h"

namespace tenfold::pretokenizer {

using Match = std::size_t (*)(Chars rest);

// A match must fail in constant time for this to be linear.
template <Match match>
std::size_t isolate(Chars rest) {
  if (const std::size_t n = match(rest); n > 0) return n;
  std::size_t gap = 1;
  while (gap < rest.size() && match(rest.subspan(gap)) == 0) ++gap;
  return gap;
}

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t gpt2_word(Chars rest);

struct Llama3Options {
  std::size_t max_digits;  // N in \p{N}{1,N}
  bool marks_in_words;     // \p{M} counts as \p{L}
};
// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
std::size_t llama3_word(Chars rest, Llama3Options options);
template <Llama3Options options>
std::size_t llama3_word(Chars rest) {
  return llama3_word(rest, options);
}

struct Gpt4oOptions {
  std::size_t max_digits;
  bool contractions;  // words take a following 's, 't, 're, … along
};
// Of the letters L, U are those but a-z and W those but A-Z (so letters beyond ASCII are both), C is (?i:'s|'t|…)?
// [^\r\n\p{L}\p{N}]?U*W+C|[^\r\n\p{L}\p{N}]?U+W*C|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
std::size_t gpt4o_word(Chars rest, Gpt4oOptions options);
template <Gpt4oOptions options>
std::size_t gpt4o_word(Chars rest) {
  return gpt4o_word(rest, options);
}

// \s+$
std::size_t trailing_spaces(Chars rest);

// [!-/:-@[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
std::size_t deepseek_v3_word(Chars rest);

std::size_t newline(Chars rest);                  // [\r\n]
std::size_t number(Chars rest);                   // \p{N}
std::size_t numbers(Chars rest);                  // \p{N}+
std::size_t three_numbers(Chars rest);            // \p{N}{1,3}
std::size_t three_ascii_digits(Chars rest);       // [0-9][0-9][0-9]
std::size_t spaced_letters(Chars rest);           // \s?\p{L}+
std::size_t spaced_cased_letters(Chars rest);     // \s?[the letters with case of Unicode's BMP around 2018, and a few]+
std::size_t spaced_punctuation(Chars rest);       // \s?\p{P}+
std::size_t spaced_wide_punctuation(Chars rest);  // \s?[!-/:-~ and the same in full width, ‘-‟ and U+3000-U+3002]+
std::size_t cjk_and_kana(Chars rest);             // [U+4E00-U+9FA5 U+3040-U+30FF]+
std::size_t cjk_and_beyond(Chars rest);           // [U+0800-U+9FA5 U+AC00-U+D7FF]+
std::size_t falcon_punctuation(Chars rest);       // [\p{P}$+<=>^~|`]+
std::size_t default_punctuation(Chars rest);      // [\p{P}$+<=>^~|]+

}  // namespace tenfold::pretokenizer
