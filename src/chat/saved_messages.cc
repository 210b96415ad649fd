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

// The members of an object as save_messages() writes them.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {}

  [[nodiscard]] Status read(const char* key, std::string& text) const {
    TENFOLD_RETURN_IF_ERROR(expect(key, "a string", object_[key].is_string()));
    text = object_[key].text();
    return {};
  }
  [[nodiscard]] Status read(const char* key, Keep& keep) const {
    TENFOLD_RETURN_IF_ERROR(expect(key, "a boolean", object_[key].is_boolean()));
    keep = object_[key].get<bool>() ? Keep::kAlways : Keep::kWhileRoom;
    return {};
  }
  [[nodiscard]] Status expect_list(const char* key) const { return expect(key, "a list", object_[key].is_array()); }

 private:
  [[nodiscard]] Status expect(const char* key, const char* wanted, bool is_wanted) const {
    if (is_wanted) return {};
    return corrupt_data("saved conversation: expected ", wanted, " as ", key, ", found ", object_[key].type_name());
  }

  const Json& object_;
};

Result<MessagePart> restored_part(const Json& json, std::span<const ImageRef> images) {
  const Members members(json);
  MessagePart part;
  if (!json.contains("image")) {
    TENFOLD_RETURN_IF_ERROR(members.read("text", part.text));
    return part;
  }
  std::string hash;
  TENFOLD_RETURN_IF_ERROR(members.read("image", hash));
  for (const ImageRef& image : images) {
    if (hash_text(*image) == hash) return MessagePart{{}, image};
  }
  return corrupt_data("saved conversation: expected the image ", printable(hash), " in it, found none");
}

Result<ToolCall> restored_call(const Json& json) {
  const Members members(json);
  ToolCall call;
  TENFOLD_RETURN_IF_ERROR(members.read("id", call.id));
  TENFOLD_RETURN_IF_ERROR(members.read("name", call.name));
  TENFOLD_RETURN_IF_ERROR(members.read("arguments", call.arguments_json));
  if (call.arguments_json.empty()) call.arguments_json = "{}";
  return call;
}

Result<Message> restored_message(const Json& json, std::span<const ImageRef> images) {
  const Members members(json);
  Message message;
  TENFOLD_RETURN_IF_ERROR(members.read("role", message.role));
  TENFOLD_RETURN_IF_ERROR(members.expect_list("parts"));
  for (const Json& part : json["parts"]) {
    TENFOLD_ASSIGN_OR_RETURN(MessagePart restored, restored_part(part, images));
    message.parts.push_back(std::move(restored));
  }
  TENFOLD_RETURN_IF_ERROR(members.read("thinking", message.thinking));
  TENFOLD_RETURN_IF_ERROR(members.expect_list("tool_calls"));
  for (const Json& call : json["tool_calls"]) {
    TENFOLD_ASSIGN_OR_RETURN(ToolCall restored, restored_call(call));
    message.tool_calls.push_back(std::move(restored));
  }
  TENFOLD_RETURN_IF_ERROR(members.read("tool_call_id", message.tool_call_id));
  TENFOLD_RETURN_IF_ERROR(members.read("name", message.name));
  TENFOLD_RETURN_IF_ERROR(members.read("keep", message.keep));
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
