#include "tokenizer/pretokenizer_passes.h"

#include <algorithm>
#include <iterator>

namespace tenfold::pretokenizer {

namespace {

using enum CharClass;

template <typename Predicate>
std::size_t run_from(Chars text, std::size_t at, Predicate&& accepts) {
  while (at < text.size() && accepts(text[at])) ++at;
  return at;
}

bool is_newline(Char c) { return c.is(U'\r') || c.is(U'\n'); }
bool is_space(Char c) { return c.is(kSpace); }
bool is_letter(Char c) { return c.is(kLetter); }
bool is_number(Char c) { return c.is(kNumber); }
bool is_punctuation(Char c) { return c.is(kPunctuation); }
bool is_letter_or_mark(Char c) { return c.is(kLetter) || c.is(kMark); }
bool is_ascii(Char c) { return c.code_point() < 0x80; }
bool is_ascii_lower(Char c) { return c.code_point() >= U'a' && c.code_point() <= U'z'; }
bool is_ascii_upper(Char c) { return c.code_point() >= U'A' && c.code_point() <= U'Z'; }
bool is_ascii_digit(Char c) { return c.code_point() >= U'0' && c.code_point() <= U'9'; }

// 's|'t|'re|'ve|'m|'ll|'d at the start: its length, or 0.
std::size_t contraction(Chars rest, bool any_case) {
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
std::size_t spaces(Chars rest) {
  const std::size_t n = run_from(rest, 0, is_space);
  return n > 1 && n < rest.size() ? n - 1 : n;
}

// \s*[\r\n]+|\s+(?!\S)|\s+
std::size_t spaces_and_newlines(Chars rest) {
  std::size_t after_last_newline = 0;
  for (std::size_t at = 0; at < rest.size() && is_space(rest[at]); ++at) {
    if (is_newline(rest[at])) after_last_newline = at + 1;
  }
  return after_last_newline > 0 ? after_last_newline : spaces(rest);
}

// Where a word with an optional character before it has its first letter: 0, 1, or npos for no word.
template <typename InWord, typename MayLead>
std::size_t word_start(Chars rest, InWord&& in_word, MayLead&& may_lead) {
  if (in_word(rest[0])) return 0;
  return may_lead(rest[0]) && rest.size() > 1 && in_word(rest[1]) ? 1 : std::string_view::npos;
}

// " ?X+" for X = accepts, then any of `tail`: its length, or 0.
template <typename Accepts, typename Tail>
std::size_t symbols_after_blank(Chars rest, Accepts&& accepts, Tail&& tail) {
  const std::size_t start = rest[0].is(U' ') ? 1 : 0;
  const std::size_t end = run_from(rest, start, accepts);
  return end > start ? run_from(rest, end, tail) : 0;
}

// "\s?X+" for X = accepts: its length, or 0.
template <typename Accepts>
std::size_t run_after_space(Chars rest, Accepts&& accepts) {
  const std::size_t start = is_space(rest[0]) ? 1 : 0;
  const std::size_t end = run_from(rest, start, accepts);
  return end > start ? end : 0;
}

struct CodePointRange {
  char32_t first;
  char32_t last;
};

template <std::size_t n>
bool in_ranges(const CodePointRange (&ranges)[n], Char c) {
  const auto* after = std::upper_bound(std::begin(ranges), std::end(ranges), c.code_point(),
                                       [](char32_t point, const CodePointRange& range) { return point < range.first; });
  return after != std::begin(ranges) && c.code_point() <= std::prev(after)->last;
}

// The letters that DeepSeek LLM's rule lists.
constexpr CodePointRange kCasedLetters[] = {
#include "tokenizer/deepseek_letters.inc"
};

}  // namespace

std::size_t gpt2_word(Chars rest) {
  if (const std::size_t n = contraction(rest, /*any_case=*/false); n > 0) return n;
  const auto is_symbol = [](Char c) { return !is_space(c) && !is_letter(c) && !is_number(c); };
  const std::size_t start = rest[0].is(U' ') ? 1 : 0;
  for (const auto& accepts : {+[](Char c) { return is_letter(c); }, +[](Char c) { return is_number(c); }, +is_symbol}) {
    if (const std::size_t end = run_from(rest, start, accepts); end > start) return end;
  }
  return spaces(rest);
}

std::size_t llama3_word(Chars rest, Llama3Options options) {
  if (const std::size_t n = contraction(rest, /*any_case=*/true); n > 0) return n;
  const auto in_word = [&](Char c) { return is_letter(c) || (options.marks_in_words && c.is(kMark)); };
  const auto may_lead = [](Char c) { return !is_newline(c) && !is_number(c); };
  if (const std::size_t start = word_start(rest, in_word, may_lead); start != std::string_view::npos) {
    return run_from(rest, start, in_word);
  }
  if (is_number(rest[0])) return run_from(rest.first(std::min(rest.size(), options.max_digits)), 0, is_number);
  const auto is_symbol = [&](Char c) { return !is_space(c) && !in_word(c) && !is_number(c); };
  if (const std::size_t n = symbols_after_blank(rest, is_symbol, is_newline); n > 0) return n;
  return spaces_and_newlines(rest);
}

namespace {

// U*W+|U+W* from `start`, where a letter is. The longest U* comes first; if no W follows it, it gives characters back
// until one of them is a W; if none is, it is all there is.
std::size_t cased_word_end(Chars rest, std::size_t start) {
  std::size_t end = start;
  std::size_t after_last_caseless = start;
  for (; end < rest.size() && is_letter(rest[end]) && !is_ascii_lower(rest[end]); ++end) {
    if (!is_ascii_upper(rest[end])) after_last_caseless = end + 1;
  }
  if (end < rest.size() && is_ascii_lower(rest[end])) {
    return run_from(rest, end, [](Char c) { return is_letter(c) && !is_ascii_upper(c); });
  }
  return after_last_caseless > start ? after_last_caseless : end;
}

}  // namespace

std::size_t gpt4o_word(Chars rest, Gpt4oOptions options) {
  const auto may_lead = [](Char c) { return !is_newline(c) && !is_number(c); };
  if (const std::size_t start = word_start(rest, is_letter, may_lead); start != std::string_view::npos) {
    const std::size_t end = cased_word_end(rest, start);
    return options.contractions ? end + contraction(rest.subspan(end), /*any_case=*/true) : end;
  }
  if (is_number(rest[0])) return run_from(rest.first(std::min(rest.size(), options.max_digits)), 0, is_number);
  const auto is_symbol = [](Char c) { return !is_space(c) && !is_letter(c) && !is_number(c); };
  const auto is_tail = [](Char c) { return is_newline(c) || c.is(U'/'); };
  if (const std::size_t n = symbols_after_blank(rest, is_symbol, is_tail); n > 0) return n;
  return spaces_and_newlines(rest);
}

std::size_t trailing_spaces(Chars rest) {
  std::size_t start = rest.size();
  while (start > 0 && is_space(rest[start - 1])) --start;
  return start > 0 ? start : rest.size();
}

std::size_t deepseek_v3_word(Chars rest) {
  const auto is_symbol = [](Char c) { return is_punctuation(c) || c.is(kSymbol); };
  const auto is_ascii_letter = [](Char c) { return is_ascii_lower(c) || is_ascii_upper(c); };
  if (is_ascii(rest[0]) && is_symbol(rest[0]) && rest.size() > 1 && is_ascii_letter(rest[1])) {
    return run_from(rest, 1, is_ascii_letter);
  }
  const auto may_lead = [&](Char c) { return !is_newline(c) && !is_symbol(c); };
  if (const std::size_t start = word_start(rest, is_letter_or_mark, may_lead); start != std::string_view::npos) {
    return run_from(rest, start, is_letter_or_mark);
  }
  if (const std::size_t n = symbols_after_blank(rest, is_symbol, is_newline); n > 0) return n;
  return spaces_and_newlines(rest);  // 0 for numbers and other characters: they belong to no word
}

std::size_t newline(Chars rest) { return is_newline(rest[0]) ? 1 : 0; }
std::size_t number(Chars rest) { return is_number(rest[0]) ? 1 : 0; }
std::size_t numbers(Chars rest) { return run_from(rest, 0, is_number); }
std::size_t three_numbers(Chars rest) {
  return run_from(rest.first(std::min<std::size_t>(rest.size(), 3)), 0, is_number);
}
std::size_t three_ascii_digits(Chars rest) {
  return rest.size() >= 3 && is_ascii_digit(rest[0]) && is_ascii_digit(rest[1]) && is_ascii_digit(rest[2]) ? 3 : 0;
}
std::size_t spaced_letters(Chars rest) { return run_after_space(rest, is_letter); }
std::size_t spaced_cased_letters(Chars rest) {
  return run_after_space(rest, [](Char c) { return in_ranges(kCasedLetters, c); });
}
std::size_t spaced_punctuation(Chars rest) { return run_after_space(rest, is_punctuation); }
std::size_t spaced_wide_punctuation(Chars rest) {
  // U+3000 is in the rule's list, but a space to llama.cpp before the list is looked at.
  static constexpr CodePointRange kRanges[] = {{0x21, 0x2F},     {0x3A, 0x7E},     {0x2018, 0x201F},
                                               {0x3001, 0x3002}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF5E}};
  return run_after_space(rest, [](Char c) { return in_ranges(kRanges, c); });
}
std::size_t cjk_and_kana(Chars rest) {
  static constexpr CodePointRange kRanges[] = {{0x3040, 0x30FF}, {0x4E00, 0x9FA5}};
  return run_from(rest, 0, [](Char c) { return in_ranges(kRanges, c); });
}
std::size_t cjk_and_beyond(Chars rest) {
  static constexpr CodePointRange kRanges[] = {{0x0800, 0x9FA5}, {0xAC00, 0xD7FF}};
  return run_from(rest, 0, [](Char c) { return in_ranges(kRanges, c) && !is_space(c); });
}
std::size_t falcon_punctuation(Chars rest) {
  return run_from(rest, 0, [](Char c) { return is_punctuation(c) || (c.is(kSymbol) && is_ascii(c)); });
}
std::size_t default_punctuation(Chars rest) {
  return run_from(rest, 0, [](Char c) { return is_punctuation(c) || (c.is(kSymbol) && is_ascii(c) && !c.is(U'`')); });
}

}  // namespace tenfold::pretokenizer
