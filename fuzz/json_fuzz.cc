// Any bytes as JSON and as the messages of a conversation: an error, or what is written reads back equal.
#include <string_view>

#include "base/json.h"
#include "chat/chat_template.h"
#include "chat/prepare_messages.h"
#include "expect_testing.h"

namespace tenfold {
namespace {

const ChatTemplate& template_of(std::string_view source) {
  static const auto as_json = ChatTemplate::parse("{{ messages | tojson }}");
  static const auto as_chat = ChatTemplate::parse(
      "{% for m in messages %}<{{ m.role }}>{{ m['content'] | default('') }}{% for k, v in m | items %}{{ k }}={{ v }}"
      "{% endfor %}{% endfor %}{{ messages | string | length }}");
  return source == "json" ? *as_json : *as_chat;
}

}  // namespace
}  // namespace tenfold

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenfold;
  const auto json = parse_json({reinterpret_cast<const char*>(data), size});
  if (!json.ok()) {
    expect(!json.status().message().empty() && json.status().code() != StatusCode::kInternal);
    return 0;
  }
  const auto again = parse_json(json->dump());
  expect(again.ok() && *again == *json);

  ChatTemplateInput input;
  input.messages = *json;
  const auto written = template_of("json").render(input);
  expect(written.ok());
  const auto read = parse_json(written->text);
  expect(read.ok() && *read == *json);
  input.messages = prepare_messages(*json);
  const auto chat = template_of("chat").render(input);
  expect(chat.ok() || chat.status().code() != StatusCode::kInternal);
  return 0;
}
