// The passes that cut text into words, as pretokenizer_passes.h says.
#include <algorithm>

#include "tokenizer/pretokenizer_matches.h"
#include "tokenizer/pretokenizer_passes.h"
#include "tokenizer/pretokenizer_scan.h"

namespace tenfold::pretokenizer {

using enum CharClass;

std::size_t gpt2_word(const Chars& rest) {
  if (const std::size_t n = contraction(rest, /*any_case=*/false); n > 0) return n;
  const auto is_symbol = [](Char c) { return !is_space(c) && !is_letter(c) && !is_number(c); };
  const std::size_t start = rest[0].is(U' ') ? 1 : 0;
  for (const auto& accepts : {+[](Char c) { return is_letter(c); }, +[](Char c) { return is_number(c); }, +is_symbol}) {
    if (const std::size_t end = run_from(rest, start, accepts); end > start) return end;
  }
  return spaces(rest);
}

std::size_t llama3_word(const Chars& rest, Llama3Options options) {
  const std::size_t n_contraction = options.contractions ? contraction(rest, /*any_case=*/true) : 0;
  if (n_contraction > 0) return n_contraction;
  const auto in_word = [&](Char c) { return is_letter(c) || (options.marks_in_words && c.is(kMark)); };
  const auto may_lead = [](Char c) { return !is_newline(c) && !is_number(c); };
  if (const std::size_t start = word_start(rest, in_word, may_lead); start != std::string_view::npos) {
    return run_from(rest, start, in_word);
  }
  if (is_number(rest[0])) return run_from(rest.first(std::min(rest.size(), options.max_digits)), 0, is_number);
  const auto is_symbol = [&](Char c) { return !is_space(c) && !in_word(c) && !is_number(c); };
  const auto is_tail = [&](Char c) { return options.newlines_after_symbols && is_newline(c); };
  if (const std::size_t n = symbols_after_blank(rest, is_symbol, is_tail); n > 0) return n;
  return spaces_and_newlines(rest);
}

namespace {

// U*W+|U+W* from `start`, where a letter is. The longest U* comes first; if no W follows it, it gives characters back
// until one of them is a W; if none is, it is all there is.
std::size_t cased_word_end(const Chars& rest, std::size_t start) {
  std::size_t after_last_caseless = start;
  std::size_t at = start;
  const std::size_t end = run_from(rest, start, [&](Char c) {
    if (!is_letter(c) || is_ascii_lower(c)) return false;
    ++at;
    if (!is_ascii_upper(c)) after_last_caseless = at;
    return true;
  });
  if (end < rest.size() && is_ascii_lower(rest[end])) {
    return run_from(rest, end, [](Char c) { return is_letter(c) && !is_ascii_upper(c); });
  }
  return after_last_caseless > start ? after_last_caseless : end;
}

}  // namespace

std::size_t gpt4o_word(const Chars& rest, Gpt4oOptions options) {
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

std::size_t caseless_gpt4o_word(const Chars& rest, std::size_t max_digits) {
  const auto may_lead = [](Char c) { return !is_newline(c) && !is_number(c); };
  if (const std::size_t start = word_start(rest, is_letter_or_mark, may_lead); start != std::string_view::npos) {
    const std::size_t end = run_from(rest, start, is_letter_or_mark);
    return end + contraction(rest.subspan(end), /*any_case=*/true);
  }
  if (is_number(rest[0])) return run_from(rest.first(std::min(rest.size(), max_digits)), 0, is_number);
  const auto is_symbol = [](Char c) { return !is_space(c) && !is_letter(c) && !is_number(c); };
  const auto is_tail = [](Char c) { return is_newline(c) || c.is(U'/'); };
  if (const std::size_t n = symbols_after_blank(rest, is_symbol, is_tail); n > 0) return n;
  return spaces_and_newlines(rest);
}

std::size_t kimi_word(const Chars& rest) {
  if (is_han(rest[0])) return run_from(rest, 0, is_han);
  const auto in_word = [](Char c) { return is_letter(c) && !is_han(c); };
  const auto may_lead = [](Char c) { return !is_newline(c) && !is_letter(c) && !is_number(c); };
  if (const std::size_t start = word_start(rest, in_word, may_lead); start != std::string_view::npos) {
    const std::size_t end = run_from(rest, start, in_word);
    return end + contraction(rest.subspan(end), /*any_case=*/true);
  }
  if (const std::size_t n = three_numbers(rest); n > 0) return n;
  const auto is_symbol = [](Char c) { return !is_space(c) && !is_letter(c) && !is_number(c); };
  if (const std::size_t n = symbols_after_blank(rest, is_symbol, is_newline); n > 0) return n;
  return spaces_and_newlines(rest);
}

std::size_t exaone_moe_words(const Chars& rest) {
  if (const std::size_t n = contraction(rest, /*any_case=*/true); n > 0) return n;
  const auto may_lead = [](Char c) { return !is_newline(c) && !is_number(c); };
  if (const std::size_t start = word_start(rest, is_letter, may_lead); start != std::string_view::npos) {
    std::size_t next = start + 1;
    return run_from(rest, start, [&](Char c) {
      const bool before_letter = next < rest.size() && is_letter(rest[next]);
      ++next;
      return is_letter_or_mark(c) || (c.is(U' ') && before_letter);
    });
  }
  if (is_number(rest[0])) return 1;
  const auto is_symbol = [](Char c) { return !is_space(c) && !is_letter(c) && !is_number(c); };
  if (const std::size_t n = symbols_after_blank(rest, is_symbol, [](Char) { return false; }); n > 0) {
    return n < rest.size() && (is_newline(rest[n]) || rest[n].is(U'/')) ? n + 1 : n;
  }
  return spaces_and_newlines(rest);
}

std::size_t deepseek_v3_word(const Chars& rest) {
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

}  // namespace tenfold::pretokenizer
