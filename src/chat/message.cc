#include "tenfold/message.h"

namespace tenfold {

Message::Message(std::string of, std::string text, std::vector<ImageRef> images) : role(std::move(of)) {
  for (ImageRef& image : images) parts.push_back({{}, std::move(image)});
  if (!text.empty() || parts.empty()) parts.push_back({std::move(text), nullptr});
}

std::string Message::text() const {
  std::string all;
  for (const MessagePart& part : parts) all += part.text;
  return all;
}

Message tool_result(const ToolCall& call, std::string result) {
  Message message("tool", std::move(result));
  message.tool_call_id = call.id;
  message.name = call.name;
  return message;
}

std::vector<ImageRef> images_of(std::span<const Message> messages) {
  std::vector<ImageRef> images;
  for (const Message& message : messages) {
    for (const MessagePart& part : message.parts) {
      if (part.image != nullptr) images.push_back(part.image);
    }
  }
  return images;
}

}  // namespace tenfold
