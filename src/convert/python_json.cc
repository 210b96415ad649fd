#include "convert/python_json.h"

#include <cstddef>

namespace tenfold {

namespace {

// The length of the text in quotes that `text` begins with.
std::size_t quoted_length(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

}  // namespace

std::string quote_non_finite(std::string_view text) {
  const auto has = [&](std::string_view number) { return text.find(number) != std::string_view::npos; };
  if (!has("NaN") && !has("Infinity")) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::size_t n = 1;
    bool is_number = false;
    if (text.front() == '"') n = quoted_length(text);
    for (const std::string_view number : {"NaN", "Infinity", "-Infinity"}) {
      if (!text.starts_with(number)) continue;
      n = number.size();
      is_number = true;
    }
    if (is_number) out += '"';
    out += text.substr(0, n);
    if (is_number) out += '"';
    text.remove_prefix(n);
  }
  return out;
}

}  // namespace tenfold
