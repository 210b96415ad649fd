#include "base/json.h"
#include "c_api/call.h"

using namespace tenfold;

static_assert(TF_KEEP_ALWAYS == static_cast<int>(Keep::kAlways));

extern "C" {

tf_status tf_message_create(const char* role, tf_message** message, tf_error** error) {
  return create(message, "message", error, [&]() -> Result<Message> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(role, "role"));
    Message made;
    made.role = role;
    return made;
  });
}
tf_status tf_message_create_tool_result(const tf_tool_call* tool_call, const char* result, tf_message** message,
                                        tf_error** error) {
  return create(message, "message", error, [&]() -> Result<Message> {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(tool_call, "call"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(result, "result"));
    return tool_result(*shown(tool_call), result);
  });
}
void tf_message_free(tf_message* message) { delete message; }

tf_status tf_message_add_text(tf_message* message, const char* text) {
  return set(message, [&](tf_message& of) -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(text, "text"));
    of.value.parts.push_back({text});
    return {};
  });
}
tf_status tf_message_add_image(tf_message* message, const tf_image* image) {
  return set(message, [&](tf_message& of) -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(image, "image"));
    of.value.parts.push_back({{}, image->image});
    return {};
  });
}
tf_status tf_message_set_thinking(tf_message* message, const char* thinking) {
  return set_text(message, "thinking", thinking, [](tf_message& of) -> std::string& { return of.value.thinking; });
}
tf_status tf_message_add_tool_call(tf_message* message, const char* id, const char* name, const char* arguments_json) {
  return set(message, [&](tf_message& of) -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(id, "id"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(name, "name"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(arguments_json, "arguments_json"));
    const std::string given = *arguments_json != '\0' ? arguments_json : "{}";
    const Result<Json> arguments = parse_json(given);
    if (!arguments.ok()) return arguments.status().with_context("arguments_json");
    if (!arguments->is_object()) {
      return invalid_argument("arguments_json: expected a JSON object, found ", arguments->type_name());
    }
    of.value.tool_calls.push_back({id, name, given});
    return {};
  });
}
tf_status tf_message_set_tool(tf_message* message, const char* tool_call_id, const char* name) {
  return set(message, [&](tf_message& of) -> Status {
    TENFOLD_RETURN_IF_ERROR(expect_not_null(tool_call_id, "tool_call_id"));
    TENFOLD_RETURN_IF_ERROR(expect_not_null(name, "name"));
    of.value.tool_call_id = tool_call_id;
    of.value.name = name;
    return {};
  });
}
tf_status tf_message_set_keep(tf_message* message, tf_keep keep) {
  return set(message, [&](tf_message& of) { return choose("keep", keep, 2, of.value.keep); });
}

const char* tf_message_role(const tf_message* message) {
  return show(message != nullptr ? &message->value.role : nullptr, nullptr);
}
int32_t tf_message_n_parts(const tf_message* message) {
  return look(message, [](const tf_message& of) { return to_int32(of.value.parts.size()); });
}
const char* tf_message_part_text(const tf_message* message, int32_t index, size_t* n_bytes) {
  const MessagePart* const part = message != nullptr ? at(message->value.parts, index) : nullptr;
  return show(part != nullptr ? &part->text : nullptr, n_bytes);
}
int32_t tf_message_part_is_image(const tf_message* message, int32_t index) {
  const MessagePart* const part = message != nullptr ? at(message->value.parts, index) : nullptr;
  return part != nullptr && part->image != nullptr ? 1 : 0;
}
const char* tf_message_thinking(const tf_message* message, size_t* n_bytes) {
  return show(message != nullptr ? &message->value.thinking : nullptr, n_bytes);
}
int32_t tf_message_n_tool_calls(const tf_message* message) {
  return look(message, [](const tf_message& of) { return to_int32(of.value.tool_calls.size()); });
}
const tf_tool_call* tf_message_tool_call(const tf_message* message, int32_t index) {
  const ToolCall* const found = message != nullptr ? at(message->value.tool_calls, index) : nullptr;
  return found != nullptr ? as_handle(*found) : nullptr;
}
const char* tf_message_tool_call_id(const tf_message* message) {
  return show(message != nullptr ? &message->value.tool_call_id : nullptr, nullptr);
}
const char* tf_message_tool_name(const tf_message* message) {
  return show(message != nullptr ? &message->value.name : nullptr, nullptr);
}
tf_keep tf_message_keep(const tf_message* message) {
  return look(message, [](const tf_message& of) { return static_cast<tf_keep>(of.value.keep); });
}

}  // extern "C"
