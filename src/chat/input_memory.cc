#include "chat/input_memory.h"

#include <cstddef>

namespace tenfold {

namespace {

// A text is there as it came, as a value of JSON and as the template's.
constexpr std::uint64_t kBytesOfTextByte = 4;
// A value of JSON, once more as it is prepared, and one of the template's, with what holds them: 236 of a list in a
// list were measured.
constexpr std::uint64_t kBytesOfValue = 256;
// The name of an object's member.
constexpr std::uint64_t kBytesOfName = 128;

}  // namespace

std::uint64_t template_input_bytes(std::string_view json) noexcept {
  std::uint64_t n_bytes = kBytesOfTextByte * json.size() + kBytesOfValue;
  bool in_text = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (in_text) {
      if (c == '\\') ++at;
      in_text = c != '"';
      continue;
    }
    switch (c) {
      case '"': in_text = true; break;
      case '[':
      case '{':
      case ',': n_bytes += kBytesOfValue; break;
      case ':': n_bytes += kBytesOfName; break;
      default: break;
    }
  }
  return n_bytes;
}

}  // namespace tenfold
