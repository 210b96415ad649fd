#include "chat/reply_loose_string.h"

#include <array>
#include <charconv>

#include "base/contracts.h"
#include "base/utf8.h"

namespace tenfold {

namespace {

constexpr std::array<std::string_view, 2> kQuoteMarkers = {"<|\"|>", "<escape>"};  // nothing is escaped between them

std::string_view quote_marker_at(std::string_view text, std::size_t at) {
  for (const std::string_view marker : kQuoteMarkers) {
    if (text.substr(at).starts_with(marker)) return marker;
  }
  return {};
}

bool is_quote(char c) { return c == '"' || c == '\''; }

// Whether the quote before text[at] ends its string.
bool ends_string(std::string_view text, std::size_t at, LooseStringEnd end, std::string_view closing) {
  const std::size_t next = text.find_first_not_of(" \t\r\n", at);
  if (next == text.npos) return true;
  const char c = text[next];
  if (end == LooseStringEnd::kKey) return c == ':' || c == '=';
  const bool lacks_comma = next > at && is_quote(c);
  return c == ',' || c == ';' || lacks_comma || closing.find(c) != closing.npos;
}

std::optional<char32_t> hex_at(std::string_view text, std::size_t at, std::size_t n_digits) {
  std::uint32_t value = 0;
  const std::string_view digits = text.substr(std::min(at, text.size()), n_digits);
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != n_digits || error != std::errc() || stop != digits.data() + n_digits) return std::nullopt;
  return static_cast<char32_t>(value);
}

bool is_high_half(char32_t c) { return c >= 0xD800 && c < 0xDC00; }
bool is_low_half(char32_t c) { return c >= 0xDC00 && c < 0xE000; }

// text[at] is the u of \uXXXX. Returns where the text goes on; `at` if it is none.
std::size_t append_unicode_escape(std::string& out, std::string_view text, std::size_t at) {
  const std::optional<char32_t> first = hex_at(text, at + 1, 4);
  if (!first) return at;
  const std::size_t next = at + 5;
  if (!is_high_half(*first)) {
    append_utf8(out, is_low_half(*first) ? 0xFFFD : *first);
    return next;
  }
  const std::optional<char32_t> second =
      text.substr(next).starts_with("\\u") ? hex_at(text, next + 2, 4) : std::nullopt;
  if (!second || !is_low_half(*second)) {
    append_utf8(out, 0xFFFD);
    return next;
  }
  append_utf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
  return next + 6;
}

// text[at] is what follows a backslash. A backslash that escapes nothing, as in C:\dir, is one.
std::size_t append_escape(std::string& out, std::string_view text, std::size_t at) {
  constexpr std::string_view kLetters = "nrtbf\"'\\/\n", kMeanings = "\n\r\t\b\f\"'\\/\n";
  if (text[at] == 'u') {
    const std::size_t next = append_unicode_escape(out, text, at);
    if (next != at) return next;
  } else if (const std::size_t letter = kLetters.find(text[at]); letter != kLetters.npos) {
    out += kMeanings[letter];
    return at + 1;
  }
  out += '\\';
  return at;
}

}  // namespace

bool begins_loose_string(std::string_view text, std::size_t at) {
  TENFOLD_DCHECK(at < text.size());
  return is_quote(text[at]) || !quote_marker_at(text, at).empty();
}

std::optional<LooseString> read_loose_string(std::string_view text, std::size_t at, LooseStringEnd end,
                                             std::string_view closing) {
  TENFOLD_DCHECK(begins_loose_string(text, at));
  if (const std::string_view marker = quote_marker_at(text, at); !marker.empty()) {
    const std::size_t begin = at + marker.size();
    const std::size_t stop = text.find(marker, begin);
    if (stop == text.npos) return std::nullopt;
    return LooseString{std::string(text.substr(begin, stop - begin)), stop + marker.size()};
  }
  const char quote = text[at];
  LooseString read;
  for (++at; at < text.size();) {
    const char c = text[at++];
    if (c == quote && ends_string(text, at, end, closing)) {
      read.end = at;
      return read;
    }
    if (c == '\\' && at < text.size()) {
      at = append_escape(read.text, text, at);
    } else {
      read.text += c;
    }
  }
  return std::nullopt;
}

}  // namespace tenfold
