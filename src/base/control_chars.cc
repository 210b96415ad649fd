#include "base/control_chars.h"

#include "base/contracts.h"

namespace tenfold {

bool is_control_char(char32_t c) noexcept {
  if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return true;
  return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x206f);
}

void append_escaped(std::string& out, std::string_view bytes, const Utf8Char& c) {
  static constexpr char kHex[] = "0123456789abcdef";
  TENFOLD_DCHECK(bytes.size() == c.n_bytes && c.code_point < 0x10000);
  const bool is_byte = c.n_bytes == 1;
  const auto value = is_byte ? static_cast<unsigned char>(bytes[0]) : static_cast<unsigned>(c.code_point);
  out += is_byte ? "\\x" : "\\u";
  for (int shift = is_byte ? 4 : 12; shift >= 0; shift -= 4) out += kHex[value >> shift & 15];
}

std::string show_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char next = decode_utf8(text, at);
    const std::string_view bytes = text.substr(at, next.n_bytes);
    const bool is_layout = next.code_point == '\n' || next.code_point == '\t';
    if (next.valid && (is_layout || !is_control_char(next.code_point))) {
      out += bytes;
    } else {
      append_escaped(out, bytes, next);
    }
    at += next.n_bytes;
  }
  return out;
}

}  // namespace tenfold
