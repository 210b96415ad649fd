#include "chat/chat_template.h"

#include "base/error.h"
#include "base/guard.h"
#include "base/utf8.h"

namespace tenfold {

namespace {

jinja::WrittenPart whole(const Json& text) { return {&text, {0, static_cast<std::uint32_t>(text.text().size())}}; }

// The roles of the messages that are the template's own words.
std::vector<jinja::WrittenPart> written_roles(const Json& messages, const TemplateRoles& known) {
  std::vector<jinja::WrittenPart> roles;
  for (const Json& message : messages) {
    const Json* role = message.find("role");
    if (role != nullptr && known.has(role->text())) roles.push_back(whole(*role));
  }
  return roles;
}

// Lack of memory stays one that anybody can tell: it says nothing about the template.
Status in_template(const Status& status) {
  return status.is_out_of_memory() ? status : status.with_context("chat template");
}

}  // namespace

Result<ChatTemplate> ChatTemplate::parse(std::string_view source, const jinja::Limits& limits) {
  return guard([&]() -> Result<ChatTemplate> {
    Result<jinja::Template> parsed = jinja::Template::parse(source, limits);
    if (!parsed.ok()) return in_template(parsed.status());
    return ChatTemplate(std::move(parsed).value());
  });
}

Result<RenderedChat> ChatTemplate::render(const ChatTemplateInput& input,
                                          std::span<const jinja::WrittenPart> written) const {
  return guard([&]() -> Result<RenderedChat> {
    if (!input.variables.is_object() && !input.variables.is_null()) {
      return invalid_argument("chat template: template variables: expected an object, found ",
                              input.variables.type_name());
    }
    const Json add_generation_prompt(input.add_generation_prompt);
    const Json bos_token(to_valid_utf8(input.bos_token.value_or("")));
    const Json eos_token(to_valid_utf8(input.eos_token.value_or("")));
    jinja::Input all;
    all.variables = {{"messages", &input.messages},
                     {"tools", &input.tools},
                     {"documents", &input.documents},
                     {"add_generation_prompt", &add_generation_prompt}};
    if (input.bos_token) all.variables.push_back({"bos_token", &bos_token});
    if (input.eos_token) all.variables.push_back({"eos_token", &eos_token});
    for (const auto& [name, value] : input.variables.items()) all.variables.push_back({name, &value});
    all.written = written_roles(input.messages, *roles_);
    all.written.insert(all.written.end(), written.begin(), written.end());
    all.written.insert(all.written.end(), {whole(bos_token), whole(eos_token)});
    all.cancel = input.cancel;
    all.now_s = input.now_s;
    all.max_bytes = input.max_bytes;
    all.max_steps = input.max_steps;
    Result<jinja::MarkedText> text = template_.render(all);
    if (!text.ok()) return in_template(text.status());
    return RenderedChat{std::move(text->text), std::move(text->given)};
  });
}

}  // namespace tenfold
