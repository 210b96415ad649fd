#include "tokenizer/pretokenizer_passes.h"

#include "tokenizer/pretokenizer_matches.h"
#include "tokenizer/pretokenizer_scan.h"

namespace tenfold::pretokenizer {

std::size_t trailing_spaces(const Chars& rest) {
  std::size_t start = rest.size();
  while (start > 0 && is_space(rest[start - 1])) {
    if (--start % Chars::kBetweenLooks == 0 && rest.is_cancelled()) break;
  }
  return start > 0 ? start : rest.size();
}

std::size_t numbers_with_what_leads(const Chars& rest) {
  const std::size_t start = run_from(rest, 0, [](Char c) { return !is_number(c); });
  const std::size_t n = run_from(rest, start, is_number) - start;
  if (n == 0) return rest.size();
  const std::size_t odd = n % 3;
  if (start == 0 && odd == 0) return n;
  return start + (odd == 0 ? 3 : odd);
}

std::size_t leading_three_numbers(const Chars& rest) {
  const std::size_t n = three_numbers(rest);
  return n > 0 ? n : rest.size();
}

std::size_t up_to_whole_threes(const Chars& rest) {
  for (std::size_t start = 0; start < rest.size();) {
    start = run_from(rest, start, [](Char c) { return !is_ascii_digit(c); });
    const std::size_t n = run_from(rest, start, is_ascii_digit) - start;
    if (n >= 3 && start + n % 3 > 0) return start + n % 3;
    start += n;
  }
  return rest.size();
}

std::size_t leading_three_of_four_digits(const Chars& rest) {
  return three_ascii_digits(rest) > 0 && rest.size() > 3 && is_ascii_digit(rest[3]) ? 3 : rest.size();
}

std::size_t line_or_newlines(const Chars& rest) {
  const bool first = rest[0].is(U'\n');
  return run_from(rest, 0, [&](Char c) { return c.is(U'\n') == first; });
}

}  // namespace tenfold::pretokenizer
