// Any bytes as an answer in any family's words: the same reply however it is cut, calls with valid arguments, and
// nothing lost where no family's words are known.
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/utf8.h"
#include "chat/reply_parser.h"
#include "expect_testing.h"

namespace tenfold {
namespace {

constexpr std::string_view kTemplateWords[] = {
    "",
    "<think><tool_call>",
    "<think><tool_call><arg_key>",
    "<tool_call><function=",
    "[THINK][TOOL_CALLS]",
    "<|python_tag|>",
    "<think><｜tool▁call▁begin｜>",
    "｜DSML｜",
    "<|channel><|tool_call>",
    "<|tool_call|><|/tool_call|>",
    "<|START_THINKING|><|START_ACTION|>",
    "Action: ```json",
    "<|channel|>analysis<|message|>",
    "<|tool_call_start|>",
    "<minimax:tool_call>",
    "tool_code",
    "<tool_calls><tool_call>",
    "<think><tool_calls>",
    "<|action_start|><|plugin|>",
    "<|inner_prefix|><|tools_prefix|>",
    "<think><tool_call><response>",
    "<function_calls>",
    "<｜tool_call_begin｜>",
    "<think><function name=\"",
    "function call<|role_sep|>",
    "[gMASK]<think>metadata",
    "{\"name\": \"\"arguments\": ",
    "<|thought_start|><|tool_call_start|>",
    "<seed:think><seed:tool_call>",
    "<TOOLCALL>",
    "<|tool_call_begin|>",
    "<start_function_call>",
};

// What an answer adds up to, in parts of n bytes.
Reply reply_in_parts(const ReplyFormat& format, std::string_view answer, std::size_t n_bytes) {
  ReplyParser parser(format, Json::array({Json({{"name", "f"}})}));
  Reply reply;
  const bool is_text = is_valid_utf8(answer);
  for (std::size_t at = 0; at < answer.size(); at += n_bytes) {
    for (ReplyPiece& piece : parser.feed(answer.substr(at, n_bytes))) {
      expect((piece.kind == PieceKind::kToolCall) == piece.text.empty());
      expect(!is_text || is_valid_utf8(piece.text));
      reply.add(std::move(piece));
    }
  }
  for (ReplyPiece& piece : parser.finish()) reply.add(std::move(piece));
  return reply;
}

void expect_equal(const Reply& a, const Reply& b) {
  expect(a.text == b.text && a.thinking == b.thinking && a.tool_calls.size() == b.tool_calls.size());
  for (std::size_t i = 0; i < a.tool_calls.size(); ++i) {
    const ToolCall &call = a.tool_calls[i], &other = b.tool_calls[i];
    expect(call.id == other.id && call.name == other.name && call.arguments_json == other.arguments_json);
  }
}

}  // namespace
}  // namespace tenfold

// The first byte chooses the words, and whether the prompt has opened the thoughts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenfold;
  if (size == 0) return 0;
  const std::string_view answer(reinterpret_cast<const char*>(data) + 1, size - 1);
  ReplyFormat format = choose_reply_format(kTemplateWords[data[0] % std::size(kTemplateWords)]);
  format.begins_in_thinking = data[0] >= 128 && !format.thinking.open.empty();
  const Reply whole = reply_in_parts(format, answer, answer.size() + 1);
  expect_equal(whole, reply_in_parts(format, answer, 1));
  expect_equal(whole, reply_in_parts(format, answer, 1 + size % 7));
  for (const ToolCall& call : whole.tool_calls) {
    const auto arguments = parse_json(call.arguments_json);
    expect(!call.name.empty() && arguments.ok() && arguments->is_object());
  }
  expect(whole.text.size() + whole.thinking.size() <= answer.size());
  if (format.calls.empty() && format.thinking.open.empty()) expect(whole.text == answer);
  return 0;
}
