#include "base/cat.h"

#include "base/control_chars.h"

namespace tenfold {

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (out.size() >= max_bytes) return out + "…";
    const Utf8Char next = decode_utf8(text, at);
    const std::string_view bytes = text.substr(at, next.n_bytes);
    if (!next.valid || is_control_char(next.code_point)) {
      append_escaped(out, bytes, next);
    } else {
      out += bytes;
    }
    at += next.n_bytes;
  }
  return out;
}

}  // namespace tenfold
