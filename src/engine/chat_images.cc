#include "engine/chat_images.h"

#include <utility>

namespace tenfold {

namespace {

// A member of an object that is a text; else none.
std::string text_of(const Json& object, const char* key) { return object[key].text(); }

bool is_image(const Json& part) {
  const std::string type = text_of(part, "type");
  return type == "image" || type == "image_url";
}

const Json* parts_of(const Json& message) {
  const Json* content = message.find("content");
  return content != nullptr && content->is_array() ? content : nullptr;
}

}  // namespace

std::size_t count_images(const Json& messages) {
  std::size_t n = 0;
  for (const Json& message : messages) {
    const Json* parts = parts_of(message);
    if (parts == nullptr) continue;
    for (const Json& part : *parts) n += is_image(part) ? 1 : 0;
  }
  return n;
}

Json image_parts(std::size_t n_images, const Json& text) {
  Json parts = Json::array();
  for (std::size_t i = 0; i < n_images; ++i) parts.push_back(Json{{"type", "image"}});
  parts.push_back(Json{{"type", "text"}, {"text", text}});
  return parts;
}

Json images_as_text(const Json& messages, std::string_view image_text) {
  Json all = messages;
  for (Json& message : all.array_items()) {
    const Json* parts = parts_of(message);
    if (parts == nullptr) continue;
    std::string images, text;
    for (const Json& part : *parts) {
      if (is_image(part)) {
        images += image_text;
      } else {
        text += text_of(part, "text");
      }
    }
    message["content"] = images + text;
  }
  return all;
}

std::size_t count_of(std::string_view text, std::string_view in) {
  std::size_t n = 0;
  for (std::size_t at = in.find(text); at != std::string_view::npos; at = in.find(text, at + text.size())) ++n;
  return n;
}

}  // namespace tenfold
