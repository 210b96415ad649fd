#include "chat/prepare_messages.h"

#include <string_view>

namespace tenfold {

namespace {

Json prepare_message(const Json& message) {
  const auto value_of = [&](std::string_view name) -> const Json* {
    const Json* value = message.find(name);
    return value != nullptr && !value->is_null() ? value : nullptr;
  };
  const Json* reasoning = nullptr;
  for (const char* name : {"reasoning_content", "thinking", "reasoning"}) {
    if (reasoning == nullptr) reasoning = value_of(name);
  }
  Json prepared = Json::object();
  if (reasoning != nullptr) {
    const Json* thinking = value_of("thinking");
    prepared.append("thinking", thinking != nullptr ? *thinking : *reasoning);
  }
  for (const auto& [key, value] : message.items()) {
    if (value.is_null() || (reasoning != nullptr && key == "thinking")) continue;
    prepared.append(key, key == "reasoning_content" ? *reasoning : value);
  }
  if (reasoning != nullptr && value_of("reasoning_content") == nullptr) {
    prepared.append("reasoning_content", *reasoning);
  }
  return prepared;
}

}  // namespace

Json prepare_messages(const Json& messages) {
  if (!messages.is_array()) return messages;
  Json prepared = Json::array();
  for (const Json& message : messages) {
    prepared.push_back(message.is_object() ? prepare_message(message) : message);
  }
  return prepared;
}

}  // namespace tenfold
