#include "chat/chat_template.h"

#include "base/error.h"
#include "base/guard.h"
#include "base/utf8.h"

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

Result<ChatTemplate> ChatTemplate::parse(std::string_view source, const jinja::Limits& limits) {
  Result<jinja::Template> parsed = jinja::Template::parse(source, limits);
  if (!parsed.ok()) return parsed.status().with_context("chat template");
  return ChatTemplate(std::move(parsed).value());
}

Result<std::string> ChatTemplate::render(const ChatTemplateInput& input) const {
  return guard([&]() -> Result<std::string> {
    const Json add_generation_prompt(input.add_generation_prompt);
    const Json bos_token(to_valid_utf8(input.bos_token.value_or("")));
    const Json eos_token(to_valid_utf8(input.eos_token.value_or("")));
    jinja::Input all;
    all.variables = {{"messages", &input.messages},
                     {"tools", &input.tools},
                     {"documents", &input.documents},
                     {"add_generation_prompt", &add_generation_prompt}};
    all.cancel = input.cancel;
    all.now_s = input.now_s;
    all.max_bytes = input.max_bytes;
    if (input.bos_token) all.variables.push_back({"bos_token", &bos_token});
    if (input.eos_token) all.variables.push_back({"eos_token", &eos_token});
    if (!input.variables.is_object() && !input.variables.is_null()) {
      return invalid_argument("chat template: template variables: expected an object, found ",
                              input.variables.type_name());
    }
    for (const auto& [name, value] : input.variables.items()) all.variables.push_back({name, &value});
    Result<jinja::MarkedText> text = template_.render(all);
    if (!text.ok()) return text.status().with_context("chat template");
    return std::move(text->text);
  });
}

Json prepare_messages(const Json& messages) {
  if (!messages.is_array()) return messages;
  Json prepared = Json::array();
  for (const Json& message : messages) {
    prepared.push_back(message.is_object() ? prepare_message(message) : message);
  }
  return prepared;
}

}  // namespace tenfold
