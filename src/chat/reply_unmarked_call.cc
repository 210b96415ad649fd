#include "chat/reply_unmarked_call.h"

#include <algorithm>
#include <string>

#include "base/contracts.h"
#include "chat/reply_tool_types.h"

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

// get_weather, a line end, {
bool may_be_call_of(std::string_view name, std::string_view begin) {
  if (name.empty() || !agree(name, begin)) return false;
  const std::string_view behind = begin.substr(std::min(name.size(), begin.size()));
  const std::size_t bracket = behind.find_first_not_of(" \t\r\n");
  if (bracket == behind.npos) return true;
  return behind[bracket] == '{' && behind.substr(0, bracket).find('\n') != behind.npos;
}

}  // namespace

bool may_be_unmarked_call(std::string_view begin, CallGrammar grammar, const Json& tools) {
  TENFOLD_DCHECK(!begin.empty() && begin.size() <= kUnmarkedCallBytes);
  if (grammar == CallGrammar::kNamed) {
    return std::any_of(tools.begin(), tools.end(),
                       [&](const Json& tool) { return may_be_call_of(tool_name(tool), begin); });
  }
  std::string text;
  for (const char c : begin.substr(0, kUnmarkedCallBytes)) {
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') text += c;
  }
  if (!text.starts_with('[')) return may_be_object(text);
  const std::string_view item = std::string_view(text).substr(1);
  return may_be_object(item) || may_be_python_call(item);
}

}  // namespace tenfold
