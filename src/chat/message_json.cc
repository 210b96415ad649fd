#include "chat/message_json.h"

#include "base/error.h"
#include "base/utf8.h"

namespace tenfold {

namespace {

Json part_json(const MessagePart& part) {
  if (part.image != nullptr) return Json{{"type", "image"}};
  return Json{{"type", "text"}, {"text", to_valid_utf8(part.text)}};
}

Json content_json(const Message& message) {
  if (message.parts.empty()) return message.tool_calls.empty() ? Json("") : Json(nullptr);
  if (message.parts.size() == 1 && message.parts.front().image == nullptr) {
    return to_valid_utf8(message.parts.front().text);
  }
  Json parts = Json::array();
  for (const MessagePart& part : message.parts) parts.push_back(part_json(part));
  return parts;
}

Result<Json> call_json(const ToolCall& call) {
  Result<Json> arguments = parse_json(call.arguments_json.empty() ? "{}" : to_valid_utf8(call.arguments_json));
  if (!arguments.ok() || !arguments->is_object()) {
    return invalid_argument("messages: arguments of a call of ", printable(call.name, 100),
                            ": expected a JSON object, found ", printable(call.arguments_json, 100));
  }
  Json function{{"name", to_valid_utf8(call.name)}, {"arguments", std::move(*arguments)}};
  return Json{{"id", to_valid_utf8(call.id)}, {"type", "function"}, {"function", std::move(function)}};
}

Result<Json> message_json(const Message& message) {
  Json json{{"role", to_valid_utf8(message.role)}, {"content", content_json(message)}};
  if (!message.thinking.empty()) json.append("reasoning_content", to_valid_utf8(message.thinking));
  if (!message.tool_calls.empty()) {
    Json calls = Json::array();
    for (const ToolCall& call : message.tool_calls) {
      TENFOLD_ASSIGN_OR_RETURN(Json one, call_json(call));
      calls.push_back(std::move(one));
    }
    json.append("tool_calls", std::move(calls));
  }
  if (!message.tool_call_id.empty()) json.append("tool_call_id", to_valid_utf8(message.tool_call_id));
  if (!message.name.empty()) json.append("name", to_valid_utf8(message.name));
  return json;
}

}  // namespace

Result<Json> to_json(std::span<const Message> messages) {
  Json all = Json::array();
  for (const Message& message : messages) {
    TENFOLD_ASSIGN_OR_RETURN(Json one, message_json(message));
    all.push_back(std::move(one));
  }
  return all;
}

std::size_t text_bytes(std::span<const Message> messages) {
  std::size_t n = 0;
  for (const Message& message : messages) {
    n += message.role.size() + message.thinking.size() + message.tool_call_id.size() + message.name.size();
    for (const MessagePart& part : message.parts) n += part.text.size();
    for (const ToolCall& call : message.tool_calls) n += call.id.size() + call.name.size() + call.arguments_json.size();
  }
  return n;
}

}  // namespace tenfold
