#include "tokenizer/chat_template/chat_template.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/guard.h"
#include "base/utf8.h"
#include "tokenizer/chat_template/evaluator.h"
#include "tokenizer/chat_template/from_json.h"
#include "tokenizer/chat_template/parser.h"

namespace tenfold {

struct ChatTemplate::Parsed {
  jinja::TemplateTree tree;
  ChatTemplateLimits limits;
};

namespace {

using jinja::Value;

// Values for the names that the template mentions; the rest of the input is never converted.
class Context {
 public:
  explicit Context(const jinja::TemplateTree& tree) : values_(tree.names.size()) {
    for (std::size_t i = 0; i < tree.names.size(); ++i) ids_.emplace(tree.names[i], i);
  }

  Status set(const std::string& name, const Json& json) {
    const auto id = ids_.find(name);
    if (id == ids_.end()) return {};
    // Input does not count as memory of the template: its size is the caller's choice.
    TENFOLD_ASSIGN_OR_RETURN(values_[id->second], jinja::from_json(nullptr, json));
    return {};
  }
  Status set(const std::string& name, const std::optional<std::string>& text) {
    return text ? set(name, Json(to_valid_utf8(*text))) : Status();
  }

  std::vector<Value> take() { return std::move(values_); }

 private:
  std::vector<Value> values_;
  std::unordered_map<std::string_view, std::size_t> ids_;
};

Result<std::vector<Value>> make_context(const jinja::TemplateTree& tree, const ChatTemplateInput& input) {
  Context context(tree);
  TENFOLD_RETURN_IF_ERROR(context.set("messages", input.messages));
  TENFOLD_RETURN_IF_ERROR(context.set("tools", input.tools));
  TENFOLD_RETURN_IF_ERROR(context.set("documents", input.documents));
  TENFOLD_RETURN_IF_ERROR(context.set("add_generation_prompt", Json(input.add_generation_prompt)));
  TENFOLD_RETURN_IF_ERROR(context.set("bos_token", input.bos_token));
  TENFOLD_RETURN_IF_ERROR(context.set("eos_token", input.eos_token));
  if (!input.variables.is_object() && !input.variables.is_null()) {
    return invalid_argument("template variables: expected an object, found ", input.variables.type_name());
  }
  for (const auto& [name, value] : input.variables.items()) TENFOLD_RETURN_IF_ERROR(context.set(name, value));
  return context.take();
}

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

Result<ChatTemplate> ChatTemplate::parse(std::string_view source, const ChatTemplateLimits& limits) {
  return guard([&]() -> Result<ChatTemplate> {
    if (source.size() > limits.max_source_bytes) {
      return resource_exhausted("chat template: expected at most ", limits.max_source_bytes, " bytes, found ",
                                source.size());
    }
    Result<jinja::TemplateTree> tree = jinja::parse_template(to_valid_utf8(source));
    if (!tree.ok()) return tree.status().with_context("chat template");
    return ChatTemplate(std::make_shared<const Parsed>(Parsed{std::move(tree).value(), limits}));
  });
}

Result<std::string> ChatTemplate::render(const ChatTemplateInput& input) const {
  return guard([&]() -> Result<std::string> {
    ChatTemplateLimits limits = parsed_->limits;
    limits.max_value_bytes = std::min(limits.max_value_bytes, input.max_bytes);
    limits.max_output_bytes = std::min(limits.max_output_bytes, input.max_bytes);
    jinja::Runtime runtime(limits, input.now_s, input.cancel);
    Result<std::vector<Value>> context = make_context(parsed_->tree, input);
    if (!context.ok()) return context.status().with_context("chat template");
    Result<std::string> text = jinja::Evaluator(runtime, parsed_->tree, std::move(context).value()).run();
    if (!text.ok()) return text.status().with_context("chat template");
    return text;
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
