#include "base/cat.h"

#include "base/utf8.h"

namespace tenfold {

std::string printable(std::string_view text, std::size_t max_bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    if (out.size() >= max_bytes) return out + "…";
    const Utf8Char next = decode_utf8(text, at);
    if (!next.valid || next.code_point < 0x20 || next.code_point == 0x7f) {
      const auto byte = static_cast<unsigned char>(text[at]);
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
      at += 1;
    } else {
      out.append(text.substr(at, next.n_bytes));
      at += next.n_bytes;
    }
  }
  return out;
}

}  // namespace tenfold
