// Any text as a chat template: an error with a line, or the same valid text every time, within the limits.
#include <string_view>

#include "base/utf8.h"
#include "chat/chat_renderer.h"
#include "expect_testing.h"

namespace tenfold {
namespace {

// The first byte chooses what the template is rendered on.
ChatTemplateInput conversation(std::uint8_t choice) {
  ChatTemplateInput input;
  input.messages =
      parse_json(R"([{"role": "system", "content": " Be brief.\n"}, {"role": "user", "content": "Hi é😀"}])").value();
  if (choice % 4 == 1) {
    input.messages.push_back(
        parse_json(R"({"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function",
            "function": {"name": "f", "arguments": {"x": 1, "y": [true, 2.5, null]}}}]})")
            .value());
    input.messages.push_back(
        parse_json(R"({"role": "tool", "name": "f", "tool_call_id": "1", "content": "{}"})").value());
    input.messages.push_back(
        parse_json(R"({"role": "assistant", "content": "and", "tool_calls": [{"name": "f"}, {"name": "g"}]})").value());
    input.tools = parse_json(R"([{"type": "function", "function": {"name": "f", "description": "d",
        "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}}}])")
                      .value();
  } else if (choice % 4 == 2) {
    input.messages.push_back(
        parse_json(R"({"role": "user", "content": [{"type": "text", "text": "a"}, "b", {"type": "image"}]})").value());
    input.messages.push_back(parse_json(R"({"role": "critic", "content": "c"})").value());
    input.messages.push_back(parse_json(R"({"role": "developer", "content": "d"})").value());
    input.messages.push_back(parse_json(R"({"role": "user", "content": "e"})").value());
    input.add_generation_prompt = false;
  } else if (choice % 4 == 3) {
    input.messages = Json::array();
    input.variables =
        parse_json(R"({"enable_thinking": true, "x": {"a": {"b": [1, 2, 3]}}, "n": -7, "s": "text"})").value();
  }
  input.bos_token = "<s>";
  return input;
}

// Ascending, none empty, none touching the next, and of whole characters.
void expect_ranges_of(std::string_view text, const std::vector<TextRange>& ranges) {
  std::size_t least = 0;
  for (const TextRange& range : ranges) {
    expect(range.begin >= least && range.begin < range.end && range.end <= text.size());
    expect(is_valid_utf8(text.substr(range.begin, range.end - range.begin)));
    least = range.end + std::size_t{1};
  }
}

// Who wrote a text is no business of the template: if messages are ours, it says the same.
void expect_same_if_written(const ChatTemplate& chat_template, const ChatTemplateInput& input,
                            const std::string& text) {
  std::vector<jinja::WrittenPart> written;
  for (const Json& message : input.messages) {
    for (const auto& [key, value] : message.items()) {
      if (key == "content" && value.is_string()) {
        written.push_back({&value, {0, static_cast<std::uint32_t>(value.text().size())}});
      }
    }
  }
  const auto same = chat_template.render(input, written);
  // Marks are paid for, so that one of both may be at a limit.
  expect(same.ok() ? same->text == text : same.status().code() == StatusCode::kResourceExhausted);
}

// With its habits looked at, too.
void render_as_chat(std::string_view source, const ChatTemplateInput& input) {
  const auto renderer = ChatRenderer::create(source);
  expect(renderer.ok());
  ChatTemplateInput less = input;
  less.max_bytes = std::size_t{1} << 20;
  less.max_steps = 100'000;
  const auto chat = renderer->render(std::move(less), {"<image>", "<i><image></i>"});
  if (chat.ok()) {
    expect_ranges_of(chat->text, chat->given);
  } else {
    expect(!chat.status().message().empty() && chat.status().code() != StatusCode::kInternal);
  }
}

}  // namespace
}  // namespace tenfold

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenfold;
  if (size == 0) return 0;
  jinja::Limits limits;
  limits.max_steps = 100'000;
  limits.max_value_bytes = std::size_t{4} << 20;
  limits.max_output_bytes = std::size_t{1} << 20;
  const std::string_view source(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto parsed = ChatTemplate::parse(source, limits);
  if (!parsed.ok()) {
    expect(!parsed.status().message().empty() && parsed.status().code() != StatusCode::kInternal);
    return 0;
  }
  const ChatTemplateInput input = conversation(data[0]);
  render_as_chat(source, input);
  const auto text = parsed->render(input);
  const auto again = parsed->render(input);
  expect(text.ok() == again.ok());
  if (!text.ok()) {
    expect(!text.status().message().empty() && text.status().code() != StatusCode::kInternal);
    return 0;
  }
  expect(*text == *again && text->text.size() <= limits.max_output_bytes && is_valid_utf8(text->text));
  expect_ranges_of(text->text, text->given);
  expect_same_if_written(*parsed, input, text->text);
  return 0;
}
