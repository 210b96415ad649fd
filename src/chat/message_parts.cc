#include "chat/message_parts.h"

#include <algorithm>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

// A member of an object that is a text; else none.
const std::string& text_of(const Json& object, const char* key) { return object[key].text(); }

bool is_image(const Json& part) {
  const std::string& type = text_of(part, "type");
  return type == "image" || type == "image_url" || type == "input_image";
}

// Whatever its type is, as long as somebody can read it.
bool is_text(const Json& part) { return part["text"].is_string(); }

Status of_no_known_kind(const Json& part) {
  return unsupported("messages: expected parts of type text or image, found ",
                     part["type"].is_string() ? printable(text_of(part, "type")) : part.type_name());
}

}  // namespace

std::size_t count_images(const Json& messages) {
  std::size_t n = 0;
  for (const Json& message : messages) {
    const Json* content = message.find("content");
    if (content == nullptr || !content->is_array()) continue;
    n += static_cast<std::size_t>(std::count_if(content->begin(), content->end(), is_image));
  }
  return n;
}

bool is_thought(const Json& part) { return part.is_object() && text_of(part, "type") == "thinking"; }

std::string thoughts_of(const Json& content) {
  std::string thoughts;
  for (const Json& part : content) {
    if (!is_thought(part)) continue;
    const Json& thinking = part["thinking"];
    if (thinking.is_string()) thoughts += thinking.text();
    if (!thinking.is_array()) continue;
    for (const Json& text : thinking) thoughts += text.is_string() ? text.text() : text_of(text, "text");
  }
  return thoughts;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

bool says_nothing(const Json& content) {
  TENFOLD_DCHECK(content.is_array());
  return std::all_of(content.begin(), content.end(), [](const Json& part) {
    const std::string& text = part.is_string() ? part.text() : text_of(part, "text");
    return !is_image(part) && !is_thought(part) && is_blank(text);
  });
}

Json image_parts(std::size_t n_images, const Json& text) {
  TENFOLD_DCHECK(text.is_string());
  Json parts = Json::array();
  for (std::size_t i = 0; i < n_images; ++i) parts.push_back(Json{{"type", "image"}});
  parts.push_back(Json{{"type", "text"}, {"text", text}});
  return parts;
}

Json text_parts(const Json& text) { return image_parts(0, text); }

Status use_common_names(Json& content) {
  TENFOLD_DCHECK(content.is_array());
  for (const Json& part : content) {
    if (!is_image(part) && !is_thought(part) && !part.is_string() && !is_text(part)) return of_no_known_kind(part);
  }
  for (Json& part : content.array_items()) {
    if (is_image(part)) {
      if (text_of(part, "type") != "image") part = Json{{"type", "image"}};
    } else if (part.is_string()) {
      part = Json{{"type", "text"}, {"text", std::move(part)}};
    } else if (!is_thought(part)) {
      part["type"] = "text";
    }
  }
  return {};
}

Result<FlatContent> flatten(const Json& content, std::string_view image_text) {
  TENFOLD_DCHECK(content.is_array());
  FlatContent flat;
  for (const Json& part : content) {
    const auto begin = static_cast<std::uint32_t>(flat.text.size());
    if (is_image(part)) {
      if (image_text.empty()) return unsupported("messages: expected texts, for images cannot be shown here");
      flat.text += image_text;
      flat.images.push_back({begin, static_cast<std::uint32_t>(flat.text.size())});
    } else if (part.is_string()) {
      flat.text += part.text();
    } else if (is_text(part)) {
      flat.text += text_of(part, "text");
    } else if (!is_thought(part)) {
      return of_no_known_kind(part);
    }
  }
  return flat;
}

}  // namespace tenfold
