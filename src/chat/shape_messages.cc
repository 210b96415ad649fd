#include "chat/shape_messages.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "chat/carry_dropped.h"
#include "chat/message_parts.h"
#include "chat/shown_roles.h"

namespace tenfold {

namespace {

bool is_empty(const Json& content) { return content.is_string() ? content.text().empty() : content.empty(); }

// What templates take for a message, its contents under their common names.
Status read_message(Json& message) {
  if (!message.is_object()) return invalid_argument("messages: expected objects, found ", message.type_name());
  if (const Json* calls = message.find("tool_calls"); calls != nullptr) {
    if (!calls->is_array()) {
      return invalid_argument("messages: expected tool_calls that are a list, found ", calls->type_name());
    }
    if (calls->empty()) message.erase("tool_calls");
  }
  if (message.contains("function_call")) {
    return invalid_argument("messages: expected calls in tool_calls, found function_call");
  }
  Json* content = message.find("content");
  if (content == nullptr || content->is_null() || content->is_string()) return {};
  const bool is_result = std::as_const(message)["role"].text() == "tool";
  if (content->is_array()) {
    const Status named = use_common_names(*content);
    if (!named.ok() && is_result) *content = content->dump();
    if (!named.ok() && !is_result) return named;
    if (message.contains("tool_calls") && says_nothing(*content)) *content = "";
    return {};
  }
  if (is_result) {
    *content = content->dump();
    return {};
  }
  return invalid_argument("messages: expected a content that is a text or a list of parts, found ",
                          content->type_name());
}

class Shaper {
 public:
  Shaper(Json& messages, const TemplateHabits& habits, const ImageRule& rule)
      : messages_(messages), habits_(habits), rule_(rule) {}

  Result<std::vector<jinja::WrittenPart>> run() {
    if (!messages_.is_array()) {
      return invalid_argument("messages: expected a list, found ", messages_.type_name());
    }
    for (Json& message : messages_.array_items()) TENFOLD_RETURN_IF_ERROR(read_message(message));
    TENFOLD_RETURN_IF_ERROR(carry_dropped(messages_, habits_));
    for (Json& message : messages_.array_items()) {
      if (!habits_.shows_thought_parts) drop_thoughts(message);
      give_calls_their_content(message);
      if (habits_.wants_arguments_as_text) write_arguments_as_text(message);
      TENFOLD_RETURN_IF_ERROR(shape_content(message));
    }
    return written_parts();
  }

 private:
  void give_calls_their_content(Json& message) const {
    const Json* content = message.find("content");
    if (!message.contains("tool_calls") || (content != nullptr && !is_empty(*content))) return;
    if (content != nullptr ? habits_.shows_call_beside_empty : habits_.shows_call_without_content) return;
    if (habits_.shows_call_beside_null) {
      message["content"] = nullptr;
    } else if (habits_.shows_call_beside_empty) {
      message["content"] = "";
    } else if (habits_.shows_call_without_content) {
      message.erase("content");
    }
  }

  // They are offered otherwise, see prepare_messages.h.
  static void drop_thoughts(Json& message) {
    Json* content = message.find("content");
    if (content != nullptr && content->is_array()) std::erase_if(content->array_items(), is_thought);
  }

  static void write_arguments_as_text(Json& message) {
    Json* calls = message.find("tool_calls");
    if (calls == nullptr) return;
    for (Json& call : calls->array_items()) {
      Json* function = call.contains("function") ? call.find("function") : &call;
      Json* arguments = function->find("arguments");
      if (arguments != nullptr && !arguments->is_string()) *arguments = arguments->dump();
    }
  }

  Status shape_content(Json& message) {
    Json* content = message.find("content");
    if (content == nullptr || (is_empty(*content) && message.contains("tool_calls"))) return {};
    const std::string& role = std::as_const(message)["role"].text();
    const ContentShape shape = message.contains("tool_calls") ? habits_.beside_calls : habits_.shape_for(role);
    if (shape == ContentShape::kNone && !is_empty(*content)) return role_not_shown(role);
    if (content->is_array()) {
      if (std::any_of(content->begin(), content->end(), is_thought)) return {};
      const bool as_text = shape == ContentShape::kText || shape == ContentShape::kOnePart ||
                           (rule_.form == ImageForm::kText && count_images(Json::array({message})) > 0);
      if (!as_text) return {};
      TENFOLD_ASSIGN_OR_RETURN(FlatContent flat, flatten(*content, rule_.image_text));
      *content = std::move(flat.text);
      if (!flat.images.empty()) images_.emplace_back(&message - messages_.begin(), std::move(flat.images));
    }
    const bool wants_parts = shape == ContentShape::kParts || shape == ContentShape::kOnePart;
    if (wants_parts && content->is_string()) *content = text_parts(*content);
    return {};
  }

  [[nodiscard]] std::vector<jinja::WrittenPart> written_parts() const {
    std::vector<jinja::WrittenPart> written;
    for (const auto& [at, ranges] : images_) {
      const Json& content = messages_[static_cast<std::size_t>(at)]["content"];
      const Json& text = content.is_array() ? content[0]["text"] : content;
      for (const TextRange& range : ranges) written.push_back({&text, range});
    }
    return written;
  }

  Json& messages_;
  const TemplateHabits& habits_;
  const ImageRule& rule_;
  std::vector<std::pair<std::ptrdiff_t, std::vector<TextRange>>> images_;  // of messages that became texts
};

}  // namespace

Result<std::vector<jinja::WrittenPart>> shape_messages(Json& messages, const TemplateHabits& habits,
                                                       const ImageRule& rule) {
  return Shaper(messages, habits, rule).run();
}

}  // namespace tenfold
