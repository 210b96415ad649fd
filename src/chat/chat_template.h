// Chat templates: the Jinja programs in a model's file that turn messages into the text the model was trained on.
//
// Renders the same text as Hugging Face Transformers does, and tells what of it was given from what the template wrote.
// A role that the template knows is its own word, too (template_roles.h), and becomes part of control tokens. Templates
// come from outside; jinja/template.h says what bounds them.
//
// A ChatTemplate is immutable and cheap to copy; any number of threads may render it at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "chat/template_roles.h"
#include "jinja/template.h"
#include "tenfold/rendered_chat.h"
#include "tenfold/status.h"

namespace tenfold {

// The variables that a template sees, as Transformers' apply_chat_template passes them.
struct ChatTemplateInput {
  Json messages = Json::array();
  Json tools;      // null when absent: the template then sees none
  Json documents;  // likewise
  bool add_generation_prompt = true;
  std::optional<std::string> bos_token, eos_token;  // undefined in the template when absent
  Json variables = Json::object();                  // anything else, such as enable_thinking; wins over the above
  const std::atomic<bool>* cancel = nullptr;        // set by any thread: rendering ends with kCancelled
  std::int64_t now_s = 0;                           // seconds since 1970; strftime_now shows it in local time
  // For values and for output, each, where memory is short: lowers the limits that the template was parsed with.
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();
  std::uint64_t max_steps = std::numeric_limits<std::uint64_t>::max();  // likewise
};

class ChatTemplate {
 public:
  // Errors, with the line: kCorruptData for what is no template; kUnsupported for a tag, filter or test that Tenfold
  // lacks; kResourceExhausted for a source too long or nested too deep.
  static Result<ChatTemplate> parse(std::string_view source, const jinja::Limits& limits = {});

  // written: parts of texts in input.messages that are ours, such as an image's text; by the address of the text.
  // Errors, with the line: kInvalidArgument when the template refuses the messages or fails on them; kUnsupported for a
  // function that Tenfold lacks; kResourceExhausted at a limit, the end of the calling thread's stack among them;
  // kCancelled.
  Result<RenderedChat> render(const ChatTemplateInput& input, std::span<const jinja::WrittenPart> written = {}) const;

 private:
  explicit ChatTemplate(jinja::Template parsed)
      : template_(std::move(parsed)), roles_(std::make_shared<const TemplateRoles>(template_)) {}

  jinja::Template template_;
  std::shared_ptr<const TemplateRoles> roles_;
};

}  // namespace tenfold
