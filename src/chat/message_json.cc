#include "chat/message_json.h"

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

Json call_json(const ToolCall& call) {
  Result<Json> arguments = parse_json(to_valid_utf8(call.arguments_json));
  // What is no JSON stays what it was, so that the model sees it.
  Json function{{"name", to_valid_utf8(call.name)},
                {"arguments", arguments.ok() ? std::move(*arguments) : Json(to_valid_utf8(call.arguments_json))}};
  return Json{{"id", to_valid_utf8(call.id)}, {"type", "function"}, {"function", std::move(function)}};
}

Json message_json(const Message& message) {
  Json json{{"role", to_valid_utf8(message.role)}, {"content", content_json(message)}};
  if (!message.thinking.empty()) json.append("reasoning_content", to_valid_utf8(message.thinking));
  if (!message.tool_calls.empty()) {
    Json calls = Json::array();
    for (const ToolCall& call : message.tool_calls) calls.push_back(call_json(call));
    json.append("tool_calls", std::move(calls));
  }
  if (!message.tool_call_id.empty()) json.append("tool_call_id", to_valid_utf8(message.tool_call_id));
  if (!message.name.empty()) json.append("name", to_valid_utf8(message.name));
  return json;
}

}  // namespace

Json to_json(std::span<const Message> messages) {
  Json all = Json::array();
  for (const Message& message : messages) all.push_back(message_json(message));
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
