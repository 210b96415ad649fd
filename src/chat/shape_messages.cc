#include "chat/shape_messages.h"

#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "chat/message_parts.h"

namespace tenfold {

namespace {

bool is_from(const Json& message, std::string_view role) { return message["role"].text() == role; }

class Shaper {
 public:
  Shaper(Json& messages, const TemplateHabits& habits, const PictureRule& pictures)
      : messages_(messages), habits_(habits), pictures_(pictures) {}

  Result<std::vector<jinja::WrittenPart>> run() {
    if (!messages_.is_array()) return std::vector<jinja::WrittenPart>();
    TENFOLD_RETURN_IF_ERROR(merge_dropped_systems());
    for (Json& message : messages_.array_items()) {
      if (!message.is_object()) continue;
      give_calls_their_content(message);
      TENFOLD_RETURN_IF_ERROR(shape_content(message));
    }
    return written_parts();
  }

 private:
  Status merge_dropped_systems() {
    if (habits_.shows_system && habits_.shows_later_system) return {};
    Json kept = Json::array();
    std::string dropped;
    for (Json& message : messages_.array_items()) {
      const bool shown = kept.empty() ? habits_.shows_system : habits_.shows_later_system;
      if (is_from(message, "system") && !shown) {
        TENFOLD_ASSIGN_OR_RETURN(const std::string text, text_of(message["content"]));
        dropped += text + "\n\n";
        continue;
      }
      if (is_from(message, "user")) put_before(message["content"], std::exchange(dropped, {}));
      kept.push_back(std::move(message));
    }
    if (!dropped.empty()) {
      return invalid_argument(
          "chat template: it shows no system message here; expected a user's message behind it, "
          "to put it there, found none");
    }
    messages_ = std::move(kept);
    return {};
  }

  static Result<std::string> text_of(const Json& content) {
    if (!content.is_array()) return content.text();
    TENFOLD_ASSIGN_OR_RETURN(FlatContent flat, flatten(content, ""));
    return std::move(flat.text);
  }

  static void put_before(Json& content, const std::string& text) {
    if (text.empty()) return;
    if (content.is_array()) {
      Json parts = text_parts(text);
      for (Json& part : content.array_items()) parts.push_back(std::move(part));
      content = std::move(parts);
    } else {
      content = text + content.text();
    }
  }

  void give_calls_their_content(Json& message) const {
    const Json* content = message.find("content");
    const bool is_empty = content != nullptr && content->is_string() && content->text().empty();
    if (!message.contains("tool_calls") || (content != nullptr && !is_empty)) return;
    if (is_empty ? habits_.shows_call_beside_empty : habits_.shows_call_without_content) return;
    if (habits_.shows_call_beside_null) {
      message["content"] = nullptr;
    } else if (habits_.shows_call_beside_empty) {
      message["content"] = "";
    } else if (habits_.shows_call_without_content) {
      std::erase_if(message.object_members(), [](const Json::Member& member) { return member.key == "content"; });
    }
  }

  Status shape_content(Json& message) {
    Json* content = message.find("content");
    if (content == nullptr) return {};
    const ContentShape shape = habits_.shape_for(message["role"].text());
    if (content->is_array()) {
      use_common_names(*content);
      const bool as_text = shape == ContentShape::kText || shape == ContentShape::kOnePart ||
                           (pictures_.form == PictureForm::kText && count_images(Json::array({message})) > 0);
      if (!as_text) return {};
      TENFOLD_ASSIGN_OR_RETURN(FlatContent flat, flatten(*content, pictures_.image_text));
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
  const PictureRule& pictures_;
  std::vector<std::pair<std::ptrdiff_t, std::vector<TextRange>>> images_;  // of messages that became texts
};

}  // namespace

Result<std::vector<jinja::WrittenPart>> shape_messages(Json& messages, const TemplateHabits& habits,
                                                       const PictureRule& pictures) {
  return Shaper(messages, habits, pictures).run();
}

}  // namespace tenfold
