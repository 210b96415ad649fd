#include "chat/reply_unmarked_call.h"

#include <algorithm>
#include <string>

namespace tenfold {

namespace {

bool agree(std::string_view a, std::string_view b) {
  const std::size_t n_bytes = std::min(a.size(), b.size());
  return a.substr(0, n_bytes) == b.substr(0, n_bytes);
}

bool may_be_object(std::string_view text) {
  constexpr std::string_view kKeys[] = {"{\"name\"",       "{\"type\"",      "{\"id\"", "{\"function\"",
                                        "{\"parameters\"", "{\"arguments\"", "{'name'"};
  return std::any_of(std::begin(kKeys), std::end(kKeys), [&](std::string_view key) { return agree(text, key); });
}

// name(
bool may_be_python_call(std::string_view text) {
  constexpr std::string_view kNameParts = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.0123456789";
  const std::size_t end = text.find_first_not_of(kNameParts);
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') return false;
  return end == text.npos || (end > 0 && text[end] == '(');
}

}  // namespace

bool may_be_unmarked_call(std::string_view begin) {
  std::string text;
  for (const char c : begin.substr(0, kUnmarkedCallBytes)) {
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') text += c;
  }
  if (!text.starts_with('[')) return may_be_object(text);
  const std::string_view item = std::string_view(text).substr(1);
  return may_be_object(item) || may_be_python_call(item);
}

}  // namespace tenfold
