#include "chat/prepare_messages.h"

#include <string>
#include <utility>

#include "chat/message_parts.h"

namespace tenfold {

namespace {

// The first of them that is there; else null.
Json reasoning_of(const Json& message) {
  for (const char* name : {"reasoning_content", "thinking", "reasoning"}) {
    if (const Json& value = message[name]; !value.is_null()) return value;
  }
  if (const Json& content = message["content"]; content.is_array()) {
    if (std::string thoughts = thoughts_of(content); !thoughts.empty()) return thoughts;
  }
  return nullptr;
}

void offer_reasoning(Json& message, const Json& reasoning) {
  Json prepared = Json::object();
  const Json* thinking = message.find("thinking");
  prepared.append("thinking", thinking != nullptr ? *thinking : reasoning);
  for (auto& [key, value] : message.object_members()) {
    if (key != "thinking") prepared.append(key, key == "reasoning_content" ? reasoning : std::move(value));
  }
  if (!prepared.contains("reasoning_content")) prepared.append("reasoning_content", reasoning);
  message = std::move(prepared);
}

}  // namespace

Json prepare_messages(Json messages) {
  if (!messages.is_array()) return messages;
  for (Json& message : messages.array_items()) {
    if (!message.is_object()) continue;
    std::erase_if(message.object_members(), [](const Json::Member& member) { return member.value.is_null(); });
    const Json reasoning = reasoning_of(message);
    if (!reasoning.is_null()) offer_reasoning(message, reasoning);
  }
  return messages;
}

}  // namespace tenfold
