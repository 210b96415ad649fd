// Calls in Python: [get_weather(city="Paris", days=3), ping()], or one a line.
#include <algorithm>

#include "base/cat.h"
#include "chat/reply_call.h"
#include "chat/reply_loose_json.h"
#include "chat/reply_value_end.h"

namespace tenfold {

namespace {

constexpr std::string_view kBetweenCalls = " \t\r\n,;";

// The number of bytes of the bracketed text that `text` begins with; 0 if it does not end.
std::size_t bracketed_bytes(std::string_view text) {
  ReplyValueEnd value;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (value.take(text[at])) return at + 1;
  }
  return 0;
}

// Removes the call that `rest` begins with.
std::optional<ToolCall> take_python_call(std::string_view& rest, const Json& tools) {
  const std::size_t open = rest.find_first_of("([{\"'\n ,");
  if (open == rest.npos || rest[open] != '(') return std::nullopt;
  std::string_view name = rest.substr(0, open);
  rest.remove_prefix(open);
  const std::size_t n_bytes = bracketed_bytes(rest);
  if (n_bytes == 0) return std::nullopt;
  const std::string_view inside = rest.substr(1, n_bytes - 2);
  rest.remove_prefix(n_bytes);
  if (name.ends_with(".call")) name.remove_suffix(5);  // tools that are built into Llama 3.1
  const std::optional<Json> values = read_loose_json(cat("{", inside, "}"));
  if (!values || values->size() != 1) return std::nullopt;
  return make_call(name, {}, *values->begin(), tools);
}

}  // namespace

ToolCalls read_python_calls(std::string_view body, const Json& tools) {
  std::string_view rest = without_fence(body);
  const bool is_list = rest.starts_with('[');
  if (is_list) rest.remove_prefix(1);
  if (is_list && rest.ends_with(']')) rest.remove_suffix(1);
  if (rest.starts_with("print(") && rest.ends_with(')')) rest = rest.substr(6, rest.size() - 7);
  ToolCalls calls;
  for (;;) {
    rest.remove_prefix(std::min(rest.find_first_not_of(kBetweenCalls), rest.size()));
    if (rest.empty()) return calls;
    std::optional<ToolCall> call = take_python_call(rest, tools);
    if (!call) return {};
    calls.push_back(*std::move(call));
  }
}

}  // namespace tenfold
