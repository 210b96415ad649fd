#include "jinja/string_literal.h"

#include <charconv>

#include "base/error.h"
#include "base/utf8.h"
#include "jinja/string_ops.h"
#include "jinja/value_text.h"

namespace tenfold::jinja {

namespace {

// Appends the character of `n_digits` hexadecimal digits at body[at], which moves behind them.
Status append_hex(std::string& out, std::string_view body, std::size_t& at, std::size_t n_digits) {
  std::uint32_t code = 0;
  const std::string_view digits = body.substr(std::min(at, body.size()), n_digits);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (digits.size() != n_digits || end != digits.data() + n_digits || error != std::errc()) {
    return corrupt_data("truncated escape in a string: expected ", n_digits, " hexadecimal digits");
  }
  if (code > 0x10FFFF) return corrupt_data("escape in a string past U+10FFFF");
  if (code >= 0xD800 && code < 0xE000) return unsupported("a lone surrogate in a string is not supported");
  append_utf8(out, code);
  at += n_digits;
  return {};
}

void append_octal(std::string& out, std::string_view body, std::size_t& at) {
  char32_t code = 0;
  for (int n = 0; n < 3 && at < body.size() && body[at] >= '0' && body[at] <= '7'; ++n, ++at) {
    code = code * 8 + static_cast<char32_t>(body[at] - '0');
  }
  append_utf8(out, code);
}

// The character that a backslash before this letter stands for; 0 for none.
char simple_escape(char letter) {
  switch (letter) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\':
    case '\'':
    case '"': return letter;
    default: return 0;
  }
}

}  // namespace

Result<std::string> unescape_string_literal(std::string_view body) {
  std::string out;
  for (std::size_t at = 0; at < body.size();) {
    if (body[at] != '\\') {
      out += body[at++];
      continue;
    }
    if (++at == body.size()) return corrupt_data("string ends with a backslash");
    const char letter = body[at];
    if (letter >= '0' && letter <= '7') {
      append_octal(out, body, at);
    } else if ((letter & 0x80) != 0) {
      // Jinja turns what is not ASCII into an escape first, which a backslash before it then disables.
      const std::size_t n_bytes = code_point_bytes(letter);
      out += escape_non_ascii(body.substr(at, n_bytes));
      at += n_bytes;
    } else if (const char plain = simple_escape(letter); plain != 0) {
      out += plain;
      ++at;
    } else if (letter == 'x' || letter == 'u' || letter == 'U') {
      ++at;
      TENFOLD_RETURN_IF_ERROR(append_hex(out, body, at, letter == 'x' ? 2 : letter == 'u' ? 4 : 8));
    } else if (letter == 'N') {
      return unsupported("\\N{…} in a string is not supported");
    } else if (letter == '\n') {
      ++at;
    } else {
      out += '\\';
      out += letter;
      ++at;
    }
  }
  return out;
}

}  // namespace tenfold::jinja
