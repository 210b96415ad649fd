#include "base/json_string.h"

#include "base/utf8.h"

namespace tenfold {

namespace {

void append_unit(std::string& out, char32_t unit) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(unit >> shift) & 0xF];
}

void append_character(std::string& out, char32_t c, JsonCharacters characters) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: break;
  }
  if (c < 0x20 || (characters == JsonCharacters::kAscii && c >= 0x7F && c <= 0xFFFF)) {
    append_unit(out, c);
  } else if (characters == JsonCharacters::kAscii && c > 0xFFFF) {
    append_unit(out, 0xD800 + ((c - 0x10000) >> 10));
    append_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
  } else {
    append_utf8(out, c);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, JsonCharacters characters) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = decode_utf8(text, at);
    append_character(out, c.code_point, characters);
    at += c.n_bytes;
  }
  out += '"';
}

}  // namespace tenfold
