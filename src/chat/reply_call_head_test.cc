// Opening markers that an answer only writes about, and the calls behind them.
#include "chat/reply_call_head.h"

#include <string>

#include "chat/reply_testing.h"

namespace tenfold {
namespace {

struct Written {
  const char* words;  // of the template
  const char* answer;
  const char* reply;
};

const char* const kCoderWords = "<tool_call><function=";
const char* const kGlmWords = "<tool_call><arg_key>";
const char* const kMiniCpmWords = "<function name=\"";

const Written kWrittenAbout[] = {
    // JSON: nothing but a bracket of a value or the tag of another family begins a call.
    {kHermesWords, "Use `<tool_call>` (JSON inside). <tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>",
     "text(Use `<tool_call>` (JSON inside). )\nf {}"},
    {kHermesWords, "<tool_call>\n<tool_call>\n{\"name\":\"f\",\"arguments\":{}}</tool_call>",
     "text(<tool_call>)\nf {}"},
    {kHermesWords, "<tool_call><think> <tool_call>[{\"name\":\"f\",\"arguments\":{}}]</tool_call>",
     "text(<tool_call><think> )\nf {}"},
    {kHermesWords, "<tool_call></tool_call><tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>",
     "text(<tool_call></tool_call>)\nf {}"},
    {kHermesWords, "<tool_call><function=<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>",
     "text(<tool_call><function=)\nf {}"},
    {kHermesWords, "<tool_call>\n```json\n{\"name\":\"f\",\"arguments\":{}}\n```\n</tool_call>", "text()\nf {}"},
    {kHermesWords, "<tool_call><invoke name=\"f\"><parameter name=\"a\">(</parameter></invoke></tool_call>",
     "text()\nf {\"a\":\"(\"}"},
    {"<|tools_prefix|>", "`<|tools_prefix|>` (JSON) <|tools_prefix|><|tools_prefix|>[{\"f\": {}}]<|tools_suffix|>",
     "text(`<|tools_prefix|>` (JSON) <|tools_prefix|>)\nf {}"},
    {"<|tool_call|>", "<|tool_call|> (a list) <|tool_call|><|tool_call|>[{\"name\": \"f\", \"arguments\": {}}]",
     "text(<|tool_call|> (a list) <|tool_call|>)\nf {}"},
    // Tags: a tag, or one word and the tag of a key.
    {kGlmWords, "Use `<tool_call>` (tags inside). <tool_call>f<arg_key>a</arg_key><arg_value>1</arg_value></tool_call>",
     "text(Use `<tool_call>` (tags inside). )\nf {\"a\":1}"},
    {kGlmWords, "The <tool_call> marker\n<tool_call>ping\n</tool_call>", "text(The <tool_call> marker)\nping {}"},
    {kGlmWords, "<tool_call>\n<tool_call>ping", "text(<tool_call>\n<tool_call>ping)"},
    {kGlmWords, "<tool_call><tool_call>ping</tool_c", "text(<tool_call>)\nping {}"},
    {kGlmWords, "<tool_call>f(a=1)</tool_call><tool_call>g\n```json\n{}\n```</tool_call>", "text()\nf {\"a\":1}\ng {}"},
    {kCoderWords, "`<tool_call>` wraps. <function=f>\n<parameter=a>\n1\n</parameter>\n</function>",
     "text(`<tool_call>` wraps. )\nf {\"a\":1}"},
    {kCoderWords, "Write `<function=name>` (tags). <function=f>\n<parameter=a>\n1\n</parameter>\n</function>",
     "text(Write `<function=name>` (tags). )\nf {\"a\":1}"},
    {kCoderWords, "<function=<function=f>", "text(<function=)\nf {}"},
    {kMiniCpmWords, "`<function name=\"…\">` (tags) <function name=\"f\"></function>",
     "text(`<function name=\"…\">` (tags) )\nf {}"},
    // Python: a list, or one word and its bracket.
    {"<|tool_call_start|>", "Use `<|tool_call_start|>` (a list). <|tool_call_start|>[f(a=1)]<|tool_call_end|>",
     "text(Use `<|tool_call_start|>` (a list). )\nf {\"a\":1}"},
    {"<function_calls>", "<function_calls> (one a line)\n<function_calls>\n<function_calls>f(a=1)</function_calls>",
     "text(<function_calls> (one a line)\n<function_calls>)\nf {\"a\":1}"},
    {kLlamaWords, "<|python_tag|><|python_tag|>f.call(a=1)", "text(<|python_tag|>)\nf {\"a\":1}"},
    // A name and words of the family: the marker itself is none of them.
    {"<tool_calls><tool_call>", "The <tool_call> marker (x)\n<tool_call>f\n```json\n{}\n```</tool_call>",
     "text(The <tool_call> marker (x))\nf {}"},
    {"[TOOL_CALLS]", "The [TOOL_CALLS] marker [TOOL_CALLS]f[ARGS]{}", "text(The [TOOL_CALLS] marker )\nf {}"},
    {"[TOOL_CALLS]", "[TOOL_CALLS][TOOL_CALLS]f[ARGS]{}", "text([TOOL_CALLS])\nf {}"},
    {kDeepSeekWords, "`<｜tool▁call▁begin｜>` (x) <｜tool▁call▁begin｜>f<｜tool▁sep｜>{}<｜tool▁call▁end｜>",
     "text(`<｜tool▁call▁begin｜>` (x) )\nf {}"},
};

TEST(ReplyCallHead, WhatNoCallBeginsWithMakesTheMarkerText) {
  for (const Written& written : kWrittenAbout) expect_reply(format_of(written.words), written.answer, written.reply);
}

// Each of them is known for prose at its last byte.
const Written kProse[] = {
    {kHermesWords, "<tool_call>` (", ""},
    {kHermesWords, "<tool_call>so", ""},
    {kHermesWords, "<tool_call>\n<t", ""},
    {kGlmWords, "<tool_call> marker t", ""},
    {kGlmWords, "<tool_call> (s", ""},
    {kCoderWords, "<tool_call> marker <f", ""},
    {"<function_calls>", "<function_calls> is a", ""},
};

TEST(ReplyCallHead, ProseComesAsSoonAsItIsKnown) {
  for (const Written& prose : kProse) {
    ReplyParser parser(format_of(prose.words));
    std::string text;
    for (const char c : std::string_view(prose.answer)) text += add_up(parser.feed({&c, 1})).text;
    text += add_up(parser.feed("a. ")).text;
    EXPECT_EQ(text, prose.answer + std::string("a. "));
  }
}

// Whatever grammar it is in, a call that has begun may be long.
TEST(ReplyCallHead, LongCallsOfOtherGrammarsAreCalls) {
  const std::string value(2 * kMaxCallHeadBytes, 'x');
  const std::string bodies[] = {"{\"name\": \"f\", \"arguments\": {\"a\": \"" + value + "\"}}",
                                "[f(a=\"" + value + "\")]",
                                "\n<function=f>\n<parameter=a>\n" + value + "\n</parameter>\n</function>\n",
                                "<function name=\"f\"><param name=\"a\">" + value + "</param></function>"};
  for (const char* words : {kHermesWords, kGlmWords, kCoderWords, "<tool_calls><tool_call>"}) {
    for (const std::string& body : bodies) {
      const Reply reply = parse_all(format_of(words), "<tool_call>" + body + "</tool_call>");
      EXPECT_EQ(written(reply), "text()\nf {\"a\":\"" + value + "\"}") << words << body;
    }
  }
}

// Other than a word, calls may have as many tags as they like before they say anything.
TEST(ReplyCallHead, ManyCallsWithoutArgumentsAreCalls) {
  std::string answer = "<minimax:tool_call>";
  for (int i = 0; i < 100; ++i) answer += "\n<invoke name=\"f\">\n</invoke>";
  EXPECT_EQ(parse_all(format_of("<minimax:tool_call>"), answer + "</minimax:tool_call>").tool_calls.size(), 100u);
}

TEST(ReplyCallHead, ManyMarkersTakeLinearTime) {
  for (const char* words : {kHermesWords, kGlmWords, kCoderWords, kMiniCpmWords, "<tool_calls><tool_call>"}) {
    for (const char* part : {"<tool_call>", "<tool_call>a", "<tool_call>` (", "<tool_call><function=", "<function=",
                             "<function name=\"", "<tool_call><", "<tool_call>a<function="}) {
      std::string answer;
      while (answer.size() < (std::size_t{1} << 18)) answer += part;
      EXPECT_LE(parse_all(format_of(words), answer).text.size(), answer.size()) << words << part;
    }
  }
}

}  // namespace
}  // namespace tenfold
