#include "jinja/unicode.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/utf8.h"
#include "jinja/string_ops.h"

namespace tenfold::jinja {

namespace {

struct CaseRange {
  char32_t first, last;
  std::int32_t delta;
  std::uint32_t stride;
};

struct SpecialCase {
  char32_t code_point;
  std::array<char32_t, 3> mapped;  // 0 ends it
};

#include "jinja/unicode_tables.inc"

constexpr char32_t kSigma = 0x3A3;
constexpr char32_t kFinalSigma = 0x3C2;

// Appends the special form of a character; false when it has none.
template <std::size_t N>
bool append_special(std::string& out, const SpecialCase (&table)[N], char32_t c) {
  const auto* at =
      std::lower_bound(std::begin(table), std::end(table), c,
                       [](const SpecialCase& entry, char32_t wanted) { return entry.code_point < wanted; });
  if (at == std::end(table) || at->code_point != c) return false;
  for (const char32_t mapped : at->mapped) {
    if (mapped != 0) append_utf8(out, mapped);
  }
  return true;
}

template <std::size_t N>
char32_t map_simple(const CaseRange (&table)[N], char32_t c) {
  const auto* at = std::upper_bound(std::begin(table), std::end(table), c,
                                    [](char32_t wanted, const CaseRange& entry) { return wanted < entry.first; });
  if (at == std::begin(table)) return c;
  --at;
  if (c > at->last || (c - at->first) % at->stride != 0) return c;
  return static_cast<char32_t>(static_cast<std::int32_t>(c) + at->delta);
}

void append_upper(std::string& out, char32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c));
  } else if (!append_special(out, kUpperSpecials, c)) {
    append_utf8(out, map_simple(kUpperRanges, c));
  }
}

void append_title(std::string& out, char32_t c) {
  if (c < 0x80 || !append_special(out, kTitleSpecials, c)) append_upper(out, c);
}

// The characters that do not interrupt a word, as far as words with a sigma hold any: marks, apostrophes, full stops.
bool is_case_ignorable(char32_t c) {
  return c == '\'' || c == '.' || c == ':' || c == '^' || c == '`' || c == 0xA8 || c == 0xAD || c == 0xAF ||
         c == 0xB4 || c == 0xB7 || c == 0xB8 || (c >= 0x2B0 && c <= 0x36F) || c == 0x2018 || c == 0x2019 ||
         c == 0x2024 || c == 0x2027 || (c >= 0x200B && c <= 0x200F);
}

bool is_cased(char32_t c) { return (character_class(c) & kCased) != 0; }

// Whether the sigma at [begin, end) stands after a cased letter and not before one.
bool is_final_sigma(std::string_view text, std::size_t begin, std::size_t end) {
  bool after_cased = false;
  while (begin > 0) {
    do {
      --begin;
    } while ((static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80);
    std::size_t at = begin;
    const char32_t c = next_code_point(text, at);
    if (is_case_ignorable(c)) continue;
    after_cased = is_cased(c);
    break;
  }
  if (!after_cased) return false;
  while (end < text.size()) {
    const char32_t c = next_code_point(text, end);
    if (!is_case_ignorable(c)) return !is_cased(c);
  }
  return true;
}

// Appends the lower case of the character that ends at byte `end` of the text.
void append_lower(std::string& out, std::string_view text, std::size_t begin, std::size_t end, char32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
  } else if (c == kSigma && is_final_sigma(text, begin, end)) {
    append_utf8(out, kFinalSigma);
  } else if (!append_special(out, kLowerSpecials, c)) {
    append_utf8(out, map_simple(kLowerRanges, c));
  }
}

// Calls visit(code point, begin, end) for every character.
template <typename Visit>
void for_each_character(std::string_view text, Visit visit) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at);
    visit(c, begin, at);
  }
}

}  // namespace

std::uint8_t character_class(char32_t code_point) {
  const auto* after = std::upper_bound(std::begin(kFlagRanges), std::end(kFlagRanges), (code_point << 8) | 0xFF);
  return static_cast<std::uint8_t>(*(after - 1) & 0xFF);
}

std::string to_upper(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_character(text, [&](char32_t c, std::size_t, std::size_t) { append_upper(out, c); });
  return out;
}

std::string to_lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_character(text,
                     [&](char32_t c, std::size_t begin, std::size_t end) { append_lower(out, text, begin, end, c); });
  return out;
}

std::string swap_case(std::string_view text) {
  std::string out;
  for_each_character(text, [&](char32_t c, std::size_t begin, std::size_t end) {
    if ((character_class(c) & kUpper) != 0) {
      append_lower(out, text, begin, end, c);
    } else if ((character_class(c) & kLower) != 0) {
      append_upper(out, c);
    } else {
      append_utf8(out, c);
    }
  });
  return out;
}

std::string capitalize(std::string_view text) {
  std::string out;
  for_each_character(text, [&](char32_t c, std::size_t begin, std::size_t end) {
    begin == 0 ? append_title(out, c) : append_lower(out, text, begin, end, c);
  });
  return out;
}

std::string title_words(std::string_view text) {
  std::string out;
  bool inside = false;
  for_each_character(text, [&](char32_t c, std::size_t begin, std::size_t end) {
    inside ? append_lower(out, text, begin, end, c) : append_title(out, c);
    inside = is_cased(c);
  });
  return out;
}

std::string title_filter(std::string_view text) {
  const auto separates = [](char32_t c) {
    return c == '-' || c == '(' || c == '{' || c == '[' || c == '<' || is_space(c);
  };
  std::string out;
  std::size_t word_begin = 0;
  for_each_character(text, [&](char32_t c, std::size_t begin, std::size_t end) {
    if (separates(c)) {
      append_utf8(out, c);
      word_begin = end;
    } else if (begin == word_begin) {
      append_upper(out, c);
    } else {
      append_lower(out, text, begin, end, c);
    }
  });
  return out;
}

}  // namespace tenfold::jinja
