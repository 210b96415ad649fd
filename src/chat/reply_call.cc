#include "chat/reply_call.h"

#include <algorithm>

#include "chat/reply_loose_json.h"
#include "chat/reply_tool_types.h"

namespace tenfold {

namespace {

constexpr std::size_t kMaxNameBytes = 256;
constexpr std::string_view kFenceSpace = " \t\r\n";

bool is_name(std::string_view text) {
  const auto is_no_part = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7F ||
           std::string_view("\"'`<>{}()[],;=").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kMaxNameBytes && std::none_of(text.begin(), text.end(), is_no_part);
}

// The member that goes by one of these names, or null.
const Json& member(const Json& object, std::initializer_list<std::string_view> names) {
  static const Json kNull;
  for (const std::string_view name : names) {
    if (const Json* found = object.find(name)) return *found;
  }
  return kNull;
}

std::optional<ToolCall> call_of(const Json& object, const Json& tools) {
  if (!object.is_object()) return std::nullopt;
  const Json* inner = object.find("function");
  const Json& call = inner != nullptr && inner->is_object() ? *inner : object;
  const Json& name = member(call, {"name", "tool_name", "function"});
  const Json* arguments = call.find("arguments");
  if (arguments == nullptr) arguments = call.find("parameters");
  // {"name": "Ann"} is an answer, not a call.
  if (arguments == nullptr) return std::nullopt;
  const Json& id = member(object, {"id", "tool_call_id", "call_id"});
  return make_call(name.text(), id.text(), *arguments, tools);
}

std::optional<ToolCall> keyed_call_of(const Json& object, const Json& tools) {
  if (object.items().size() != 1) return std::nullopt;
  const Json::Member& only = object.items().front();
  return make_call(only.key, {}, only.value, tools);
}

// What `one_call` makes of the objects in the text, one by one or in lists.
template <typename OneCall>
ToolCalls calls_of_objects(std::string_view body, const Json& tools, const OneCall& one_call) {
  const std::optional<Json> values = read_loose_json(without_fence(body));
  if (!values) return {};
  ToolCalls calls;
  const auto add = [&](const Json& object) {
    std::optional<ToolCall> call = one_call(object, tools);
    if (call) calls.push_back(std::move(*call));
    return call.has_value();
  };
  for (const Json& value : *values) {
    const bool all_are_calls = value.is_array() ? std::all_of(value.begin(), value.end(), add) : add(value);
    if (!all_are_calls) return {};
  }
  return calls;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kFenceSpace), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kFenceSpace) + 1);
}

}  // namespace

std::string_view without_fence(std::string_view text) {
  constexpr std::string_view kFence = "```";
  text = trimmed(text);
  if (text.starts_with(kFence)) {
    text.remove_prefix(kFence.size());
    for (const std::string_view language : {"json", "python", "tool_code"}) {
      if (!text.starts_with(language)) continue;
      text.remove_prefix(language.size());
      break;
    }
  }
  if (text.ends_with(kFence)) text.remove_suffix(kFence.size());
  return trimmed(text);
}

std::optional<ToolCall> make_call(std::string_view name, std::string_view id, Json arguments, const Json& tools) {
  if (!is_name(name)) return std::nullopt;
  if (arguments.is_string()) {
    const std::string_view text = trimmed(arguments.text());
    if (text.empty()) {
      arguments = Json::object();
    } else {
      const std::optional<Json> values = read_loose_json(text);
      if (!values || values->size() != 1) return std::nullopt;
      arguments = *values->begin();
    }
  }
  if (arguments.is_null()) arguments = Json::object();
  if (!arguments.is_object()) return std::nullopt;
  fit_to_declared_types(arguments, name, tools);
  return ToolCall{std::string(id), std::string(name), arguments.dump()};
}

ToolCalls read_json_calls(std::string_view body, const Json& tools) { return calls_of_objects(body, tools, call_of); }

ToolCalls read_keyed_calls(std::string_view body, const Json& tools) {
  return calls_of_objects(body, tools, keyed_call_of);
}

ToolCalls read_calls(std::string_view body, CallGrammar expected, const Json& tools) {
  const auto read = [&](CallGrammar grammar) {
    switch (grammar) {
      case CallGrammar::kJson: return read_json_calls(body, tools);
      case CallGrammar::kNamed: return read_named_call(body, tools);
      case CallGrammar::kTagged: return read_tagged_calls(body, tools);
      case CallGrammar::kPython: return read_python_calls(body, tools);
      case CallGrammar::kKeyed: return read_keyed_calls(body, tools);
    }
    return ToolCalls();
  };
  ToolCalls calls = read(expected);
  // Not keyed: what any object may be.
  for (const CallGrammar other :
       {CallGrammar::kJson, CallGrammar::kTagged, CallGrammar::kPython, CallGrammar::kNamed}) {
    if (!calls.empty()) break;
    // The name of a call that has no arguments is tagged, too; other families do not write just that.
    const bool may_be = other != CallGrammar::kTagged || body.find('<') != body.npos;
    if (other != expected && may_be) calls = read(other);
  }
  return calls;
}

}  // namespace tenfold
