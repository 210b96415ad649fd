// Messages as a saved conversation has them: {"messages": [{"role": …, "parts": [{"text": …} or {"image": "hash"}],
// …}]}.
#include "base/error.h"
#include "base/utf8.h"
#include "chat/message_json.h"

namespace tenfold {

namespace {

constexpr int kVersion = 1;
// A message is four deep, and texts within are bounded by the file that they are in.
constexpr JsonLimits kLimits = {.max_depth = 8, .max_bytes = std::size_t{64} << 20};

std::string hash_text(const EncodedImage& image) { return cat(image.content_hash[0], "-", image.content_hash[1]); }

Json saved_message(const Message& message) {
  Json parts = Json::array();
  for (const MessagePart& part : message.parts) {
    parts.push_back(part.image != nullptr ? Json{{"image", hash_text(*part.image)}} : Json{{"text", part.text}});
  }
  Json calls = Json::array();
  for (const ToolCall& call : message.tool_calls) {
    calls.push_back(Json{{"id", call.id}, {"name", call.name}, {"arguments", call.arguments_json}});
  }
  return Json{{"role", message.role},
              {"parts", std::move(parts)},
              {"thinking", message.thinking},
              {"tool_calls", std::move(calls)},
              {"tool_call_id", message.tool_call_id},
              {"name", message.name},
              {"keep", message.keep == Keep::kAlways}};
}

Result<MessagePart> restored_part(const Json& json, std::span<const ImageRef> images) {
  const Json* const hash = json.find("image");
  if (hash == nullptr) return MessagePart{json["text"].get<std::string>(), nullptr};
  for (const ImageRef& image : images) {
    if (hash_text(*image) == hash->get<std::string>()) return MessagePart{{}, image};
  }
  return corrupt_data("saved conversation: expected the picture ", printable(hash->dump()), " in it, found none");
}

Result<Message> restored_message(const Json& json, std::span<const ImageRef> images) {
  if (!json["role"].is_string() || !json["parts"].is_array()) {
    return corrupt_data("saved conversation: expected messages of a role and parts, found ",
                        printable(json.dump(), 100));
  }
  Message message;
  message.role = json["role"].get<std::string>();
  for (const Json& part : json["parts"]) {
    TENFOLD_ASSIGN_OR_RETURN(MessagePart restored, restored_part(part, images));
    message.parts.push_back(std::move(restored));
  }
  message.thinking = json["thinking"].get<std::string>();
  for (const Json& call : json["tool_calls"]) {
    message.tool_calls.push_back(
        {call["id"].get<std::string>(), call["name"].get<std::string>(), call["arguments"].get<std::string>()});
  }
  message.tool_call_id = json["tool_call_id"].get<std::string>();
  message.name = json["name"].get<std::string>();
  message.keep = json["keep"].get<bool>() ? Keep::kAlways : Keep::kWhileRoom;
  return message;
}

}  // namespace

std::string save_messages(std::span<const Message> messages) {
  Json saved = Json::array();
  for (const Message& message : messages) saved.push_back(saved_message(message));
  return Json{{"version", kVersion}, {"messages", std::move(saved)}}.dump();
}

Result<std::vector<Message>> restore_messages(std::string_view saved, std::span<const ImageRef> images) {
  const Result<Json> json = parse_json(saved, kLimits);
  if (!json.ok() || (*json)["version"].get<int>() != kVersion || !(*json)["messages"].is_array()) {
    return corrupt_data("saved conversation: expected messages of version ", kVersion, ", found ",
                        printable(saved.substr(0, 100)));
  }
  std::vector<Message> messages;
  for (const Json& message : (*json)["messages"]) {
    TENFOLD_ASSIGN_OR_RETURN(Message restored, restored_message(message, images));
    messages.push_back(std::move(restored));
  }
  return messages;
}

}  // namespace tenfold
