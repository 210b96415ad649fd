// Answers of the families. They are written here by hand, after what the families' templates and model cards say.
#include "chat/reply_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenfold {
namespace {

Reply add_up(const std::vector<ReplyPiece>& pieces, Reply reply = {}) {
  for (const ReplyPiece& piece : pieces) reply.add(piece);
  return reply;
}

// Text and thoughts, then each call on a line of its own.
std::string written(const Reply& reply) {
  std::string out = "text(" + reply.text + ")";
  if (!reply.thinking.empty()) out += " thinking(" + reply.thinking + ")";
  for (const ToolCall& call : reply.tool_calls) {
    out += "\n" + call.name + " " + call.arguments_json + (call.id.empty() ? "" : " #" + call.id);
  }
  return out;
}

Reply parse_parts(const ReplyFormat& format, const std::vector<std::string_view>& parts, const Json& tools = nullptr) {
  ReplyParser parser(format, tools);
  Reply reply;
  for (const std::string_view part : parts) {
    const std::vector<ReplyPiece> pieces = parser.feed(part);
    for (const ReplyPiece& piece : pieces) {
      EXPECT_EQ(piece.kind == PieceKind::kToolCall, piece.text.empty());
    }
    reply = add_up(pieces, reply);
  }
  return add_up(parser.finish(), reply);
}

Reply parse_all(const ReplyFormat& format, std::string_view answer, const Json& tools = nullptr) {
  return parse_parts(format, {answer}, tools);
}

// The same at every place where the answer may be cut, and byte by byte.
void expect_reply(const ReplyFormat& format, std::string_view answer, std::string_view expected,
                  const Json& tools = nullptr) {
  ASSERT_EQ(written(parse_all(format, answer, tools)), expected) << answer;
  std::vector<std::string_view> bytes;
  for (std::size_t at = 0; at < answer.size(); ++at) {
    const Reply reply = parse_parts(format, {answer.substr(0, at), answer.substr(at)}, tools);
    ASSERT_EQ(written(reply), expected) << "cut at " << at << ": " << answer;
    bytes.push_back(answer.substr(at, 1));
  }
  EXPECT_EQ(written(parse_parts(format, bytes, tools)), expected) << answer;
}

ReplyFormat format_of(std::string_view words, std::string_view prompt = "") {
  return choose_reply_format(words, prompt);
}

struct Recorded {
  const char* words;  // of the template
  const char* prompt;
  const char* answer;
  const char* reply;
};

constexpr const char* kHermesWords = "<think><tool_call>";
constexpr const char* kLlamaWords = "<|python_tag|>";
constexpr const char* kDeepSeekWords = "<think><｜tool▁call▁begin｜>";
constexpr const char* kChannelWords = "<|channel|>analysis<|message|>";

const Recorded kRecorded[] = {
    // Nothing but text, with what only looks like a marker.
    {"", "", " Hi\n\n<think>é</think> [TOOL_CALLS]\n", "text( Hi\n\n<think>é</think> [TOOL_CALLS]\n)"},
    {kHermesWords, "", "a < b <tool <think>, é\n", "text(a < b <tool <think>, é\n)"},
    // Qwen 2.5 and 3, Hermes.
    {kHermesWords, "", "<think>\nHmm.\n</think>\n\nHello\n", "text(Hello\n) thinking(Hmm.)"},
    {kHermesWords, "", "<think>\n\n</think>\n\nHi", "text(Hi)"},
    {kHermesWords, "<|im_start|>assistant\n<think>\n", "I see\n\nit.\n</think>\n\n  Yes",
     "text(  Yes) thinking(I see\n\nit.)"},
    {kHermesWords, "<think>\n", "<think>\nAgain</think>Yes", "text(Yes) thinking(Again)"},
    {kHermesWords, "<think>\n", "cut off\n", "text() thinking(cut off\n)"},
    {kHermesWords, "",
     "Let me look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\", \"days\": "
     "3}}\n</tool_call>\n"
     "<tool_call>\n{\"name\": \"ping\", \"arguments\": {}}\n</tool_call>",
     "text(Let me look.)\nget_weather {\"city\":\"Paris\",\"days\":3}\nping {}"},
    {kHermesWords, "", "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": [1, {\"b\": null}]}}",
     "text()\nf {\"a\":[1,{\"b\":null}]}"},
    {kHermesWords, "", "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_c", "text()\nf {}"},
    {kHermesWords, "", "The <tool_call> marker\n<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>\n\nDone.",
     "text(The <tool_call> markerDone.)\nf {}"},
    {kHermesWords, "", "x\n<tool_call>\n{\"city\" }\n</tool_call>\ny",
     "text(x\n<tool_call>\n{\"city\" }\n</tool_call>\ny)"},
    {kHermesWords, "", "<tool_call>{\"name\": \"f\", \"arguments\": {\"path\": \"/ho",
     "text(<tool_call>{\"name\": \"f\", \"arguments\": {\"path\": \"/ho)"},
    // Qwen3-Coder.
    {"<tool_call><function=", "",
     "Now.\n<tool_call>\n<function=write>\n<parameter=path>\na.txt\n</parameter>\n<parameter=text>\n\nif a < b:\n  "
     "x()\n"
     "</parameter>\n<parameter=mode>\n420\n</parameter>\n</function>\n</tool_call>",
     "text(Now.)\nwrite {\"path\":\"a.txt\",\"text\":\"\\nif a < b:\\n  x()\",\"mode\":420}"},
    {"<tool_call><function=", "", "<function=f>\n<parameter=a>\nTrue\n</function>\n</tool_call>\nBye",
     "text(Bye)\nf {\"a\":true}"},
    // GLM.
    {"<think><tool_call><arg_key>", "<|assistant|>",
     "\n<think>Look it up.</think>\nI "
     "will.\n<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n"
     "<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call>\n<tool_call>ping\n</tool_call>",
     "text(I will.) thinking(Look it up.)\nget_weather {\"city\":\"Paris\",\"days\":3}\nping {}"},
    {"<tool_call><arg_key>", "", "<tool_call>f<arg_key>x</arg_key><arg_value>[\"a\"]</arg_value></tool_call>",
     "text()\nf {\"x\":[\"a\"]}"},
    {"<tool_call><arg_key>", "", "<tool_call>get_we", "text(<tool_call>get_we)"},
    {"<tool_call><arg_key>", "", "<tool_call>f\n<arg_key>x</arg_key>\n<arg_value>/ho",
     "text(<tool_call>f\n<arg_key>x</arg_key>\n<arg_value>/ho)"},
    {"<tool_call><arg_key>", "", "<tool_call>f\n<arg_key>x", "text(<tool_call>f\n<arg_key>x)"},
    // Seed, MiniMax, DeepSeek V3.2.
    {"<seed:think><seed:tool_call>", "",
     "<seed:think>Yes.</seed:think>\n<seed:tool_call>\n<function=f>\n<parameter=a>1</parameter>\n</function>\n</"
     "seed:tool_call>",
     "text() thinking(Yes.)\nf {\"a\":1}"},
    {"<minimax:tool_call>", "",
     "<minimax:tool_call>\n<invoke name=\"f\">\n<parameter name=\"a\">x y</parameter>\n</invoke>\n<invoke "
     "name=\"g\">\n</invoke>\n"
     "</minimax:tool_call>",
     "text()\nf {\"a\":\"x y\"}\ng {}"},
    {"｜DSML｜", "",
     "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"a\" "
     "string=\"true\">5</｜DSML｜parameter>\n"
     "<｜DSML｜parameter name=\"b\" "
     "string=\"false\">6</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
     "text()\nf {\"a\":\"5\",\"b\":6}"},
    // Mistral: the list, and from v11 on name and arguments.
    {"[THINK][TOOL_CALLS]", "",
     "[TOOL_CALLS] [{\"name\": \"f\", \"arguments\": {\"a\": \"]\"}, \"id\": \"abc123def\"}]",
     "text()\nf {\"a\":\"]\"} #abc123def"},
    {"[THINK][TOOL_CALLS]", "", "[THINK]Hm[/THINK]Sure.[TOOL_CALLS]f[ARGS]{\"a\": \"}\"}[TOOL_CALLS]g[ARGS]{}",
     "text(Sure.) thinking(Hm)\nf {\"a\":\"}\"}\ng {}"},
    {"[TOOL_CALLS]", "", "[TOOL_CALLS]f[CALL_ID]abc123def[ARGS]{\"a\": 1}", "text()\nf {\"a\":1} #abc123def"},
    {"[TOOL_CALLS]", "", "[TOOL_CALLS]f{\"a\": 1} and", "text( and)\nf {\"a\":1}"},
    // Llama 3 and 4.
    {kLlamaWords, "", "{\"name\": \"f\", \"parameters\": {\"a\": \"x\"}}", "text()\nf {\"a\":\"x\"}"},
    {kLlamaWords, "", "\n\n{\"name\": \"f\", \"parameters\": {}}; {\"name\": \"g\", \"parameters\": {\"b\": 2}}",
     "text()\nf {}\ng {\"b\":2}"},
    {kLlamaWords, "", "<|python_tag|>{\"type\": \"function\", \"name\": \"f\", \"parameters\": {}}", "text()\nf {}"},
    {kLlamaWords, "", "<|python_tag|>brave_search.call(query=\"a, b\")", "text()\nbrave_search {\"query\":\"a, b\"}"},
    {kLlamaWords, "", "<function=f>{\"a\": 1}</function>", "text()\nf {\"a\":1}"},
    {kLlamaWords, "", "[f(a=1, b=\"x)\", c=[True, None]), g()]",
     "text()\nf {\"a\":1,\"b\":\"x)\",\"c\":[true,null]}\ng {}"},
    {kLlamaWords, "", "{\"name\": \"Ann\", \"age\": 3}", "text({\"name\": \"Ann\", \"age\": 3})"},
    {kLlamaWords, "", "{\"city\": \"Rome\"}", "text({\"city\": \"Rome\"})"},
    {kLlamaWords, "", "[1] As said; {x}", "text([1] As said; {x})"},
    {kLlamaWords, "", "See {\"name\": \"f\", \"parameters\": {}}", "text(See {\"name\": \"f\", \"parameters\": {}})"},
    // DeepSeek R1 and V3, then V3.1.
    {kDeepSeekWords, "<think>\n",
     "Hm.\n</think>\n\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"a\": "
     "1}\n```<｜tool▁call▁end｜>\n"
     "<｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
     "text() thinking(Hm.)\nf {\"a\":1}\ng {}"},
    {kDeepSeekWords, "",
     "Yes<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{\"a\": 1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
     "text(Yes)\nf {\"a\":1}"},
    // Gemma 3, Gemma 4, FunctionGemma.
    {"tool_code", "", "```tool_code\nget(city='Paris', n=2)\n```", "text()\nget {\"city\":\"Paris\",\"n\":2}"},
    {"tool_code", "", "```tool_code\nprint(get(city='Paris'))\n```", "text()\nget {\"city\":\"Paris\"}"},
    {"<|channel>thought<|tool_call>", "",
     "<|channel>thought\nHm\n<channel|><|tool_call>call:f{a:<|\"|>it's, "
     "{x}<|\"|>,b:true,c:[1,<|\"|>y<|\"|>]}<tool_call|>",
     "text() thinking(Hm)\nf {\"a\":\"it's, {x}\",\"b\":true,\"c\":[1,\"y\"]}"},
    {"<start_function_call>", "", "<start_function_call>call:f{a:<escape>x<escape>}<end_function_call>",
     "text()\nf {\"a\":\"x\"}"},
    // Phi-4-mini, Granite, Nemotron, LFM2.
    {"<|tool_call|><|/tool_call|>", "", "<|tool_call|>[{\"name\": \"f\", \"arguments\": {\"a\": 1}}]<|/tool_call|>",
     "text()\nf {\"a\":1}"},
    {"<|tool_call|><|/tool_call|>", "", " functools[{\"name\": \"f\", \"arguments\": {}}]", "text( )\nf {}"},
    {"functools", "", "functools are functools [1]", "text(functools are functools [1])"},
    {"<|tool_call|>", "", "<|tool_call|>[{\"name\": \"f\", \"arguments\": {}}]", "text()\nf {}"},
    {"<TOOLCALL>", "", "<TOOLCALL>[{\"name\": \"f\", \"arguments\": {}}]</TOOLCALL>", "text()\nf {}"},
    {"<|tool_call_start|>", "", "<|tool_call_start|>[f(a=\"x\")]<|tool_call_end|>Looking.",
     "text(Looking.)\nf {\"a\":\"x\"}"},
    // Command-R, Command R7B.
    {"Action: ```json", "",
     "Plan: look.\nAction: ```json\n[\n    {\n        \"tool_name\": \"f\",\n        \"parameters\": {\n            "
     "\"q\": \"x\"\n        }\n    }\n]```",
     "text(Plan: look.)\nf {\"q\":\"x\"}"},
    {"<|START_THINKING|><|START_ACTION|>", "",
     "<|START_THINKING|>Plan.<|END_THINKING|><|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"f\", "
     "\"parameters\": {\"q\": \"x\"}}\n]<|END_ACTION|>",
     "text() thinking(Plan.)\nf {\"q\":\"x\"} #0"},
    {"<|START_THINKING|><|START_ACTION|>", "", "<|START_RESPONSE|>Hello.<|END_RESPONSE|>", "text(Hello.)"},
    // Kimi K2 and gpt-oss.
    {"<|tool_call_begin|>", "",
     "Ok.<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{\"a\": "
     "1}<|tool_call_end|><|tool_calls_section_end|>",
     "text(Ok.)\nf {\"a\":1} #functions.f:0"},
    {kChannelWords, "", "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hi.",
     "text(Hi.) thinking(Hm.)"},
    {kChannelWords, "",
     "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary to=functions.f "
     "<|constrain|>json<|message|>{\"a\": 1}<|call|>",
     "text() thinking(Hm.)\nf {\"a\":1}"},
    {kChannelWords, "",
     "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant to=functions.f<|channel|>commentary "
     "json<|message|>{}<|call|>",
     "text() thinking(Hm.)\nf {}"},
};

TEST(ReplyParser, AnswersOfTheFamiliesHoweverTheyAreCut) {
  for (const Recorded& recorded : kRecorded) {
    expect_reply(format_of(recorded.words, recorded.prompt), recorded.answer, recorded.reply);
  }
}

TEST(ReplyParser, PassesTextOnAsSoonAsItIsNoMarker) {
  ReplyParser parser(format_of(kHermesWords));
  EXPECT_EQ(add_up(parser.feed("Hello <")).text, "Hello ");
  EXPECT_TRUE(parser.feed("tool_cal").empty());
  EXPECT_EQ(add_up(parser.feed("e")).text, "<tool_cale");
  EXPECT_TRUE(parser.feed("\n\n").empty());
  EXPECT_EQ(add_up(parser.feed("x")).text, "\n\nx");
  EXPECT_TRUE(parser.feed("\xc3").empty());
  EXPECT_EQ(add_up(parser.feed("\xa9")).text, "é");
  EXPECT_TRUE(parser.feed("<tool_call>").empty());
  EXPECT_EQ(add_up(parser.feed(" and")).text, "<tool_call> and");
}

TEST(ReplyParser, GivesAnAnswerInJsonBackAtOnceWhereItIsNoCall) {
  ReplyParser parser(format_of(kLlamaWords));
  EXPECT_TRUE(parser.feed("{\"").empty());
  EXPECT_EQ(add_up(parser.feed("ci")).text, "{\"ci");
  EXPECT_EQ(add_up(parser.feed("ty\": [")).text, "ty\": [");
}

// The types that a tool declares say what its values are where the grammar does not.
TEST(ReplyParser, ValuesAreOfTheTypeThatTheToolDeclares) {
  const Json tools = parse_json(R"([{"type": "function", "function": {"name": "f", "parameters": {"type": "object",
      "properties": {"zip": {"type": "string"}, "n": {"type": ["integer", "null"]}, "x": {"type": "number"},
                     "b": {"type": "boolean"}}}}}])")
                         .value();
  expect_reply(format_of("<tool_call><arg_key>"),
               "<tool_call>f\n<arg_key>zip</arg_key>\n<arg_value>10115</arg_value>\n<arg_key>n</arg_key>\n"
               "<arg_value>5</arg_value>\n<arg_key>other</arg_key>\n<arg_value>7</arg_value>\n</tool_call>",
               "text()\nf {\"zip\":\"10115\",\"n\":5,\"other\":7}", tools);
  expect_reply(
      format_of(kHermesWords),
      "<tool_call>{\"name\": \"f\", \"arguments\": {\"zip\": \"10115\", \"n\": \"5\", \"x\": \"2.5\", \"b\": \"true\", "
      "\"other\": \"7\"}}</tool_call><tool_call>{\"name\": \"g\", \"arguments\": {\"n\": \"5\"}}</tool_call>",
      "text()\nf {\"zip\":\"10115\",\"n\":5,\"x\":2.5,\"b\":true,\"other\":\"7\"}\ng {\"n\":\"5\"}", tools);
}

// In each the call's arguments, and what they are read as; nullptr for what stays text.
struct BrokenJson {
  const char* call;
  const char* arguments;
};

const BrokenJson kBrokenJson[] = {
    {R"({'name': 'f', 'arguments': {'a': 'it\'s'}})", R"({"a":"it's"})"},
    {R"({'name': 'f', 'arguments': {'a': 'it's so'}})", R"({"a":"it's so"})"},
    {R"({"name": "f", "arguments": {"a": 1,},})", R"({"a":1})"},
    {R"({"name": "f", "arguments": {"a": [1, 2,],}})", R"({"a":[1,2]})"},
    {R"({"name": "f" "arguments": {"a": "x" "b": 2}})", R"({"a":"x","b":2})"},
    {"{\"name\": \"f\", \"arguments\": {\"a\": \"x\ny\tz\x01\"}}", R"({"a":"x\ny\tz\u0001"})"},
    {R"({"name": "f", "arguments": {"a": True, "b": False, "c": None}})", R"({"a":true,"b":false,"c":null})"},
    {R"({"name": "f", "arguments": {"a": {"b": [1]})", R"({"a":{"b":[1]}})"},
    {R"({"name": "f", "arguments": {"a": "x"}}})", R"({"a":"x"})"},
    {R"({"name": "f", "arguments": {"a": [1, 2}})", R"({"a":[1,2]})"},
    {R"({"name": "f", "arguments": "{\"a\": \"x\"}"})", R"({"a":"x"})"},
    {R"({"name": "f", "arguments": "{'a': 1}"})", R"({"a":1})"},
    {R"({"name": "f", "arguments": ""})", "{}"},
    {R"({"name": "f", "arguments": null})", "{}"},
    {"```json\n{\"name\": \"f\", \"arguments\": {}}\n```", "{}"},
    {R"({name: f, arguments: {a: b c, n: -1.5e3, t: 12:30}})", R"({"a":"b c","n":-1500.0,"t":"12:30"})"},
    {R"_({"name": "f", "arguments": {"code": "print("hi")"}})_", R"_({"code":"print(\"hi\")"})_"},
    {R"({"name": "f", "arguments": {"dir": "C:\dir\new\u00e9"}})", R"({"dir":"C:\\dir\newé"})"},
    {R"({"name": "f", "arguments": {"a": "\ud83d\ude00 \ud83d x",}})", R"({"a":"😀 � x"})"},
    {R"({"function": {"name": "f", "arguments": {"a": 1}}})", R"({"a":1})"},
    {R"({"arguments": {"a": 1}, "name": "f"})", R"({"a":1})"},
    {R"({"name": "f", "parameters": {"a": 12345678901234567890123}})", R"({"a":12345678901234567890123})"},
    // No calls.
    {R"({"name": "f", "arguments": {"a": "x)", nullptr},
    {R"({"name": "f", "arguments": {"a": 12)", nullptr},
    {R"({"name": "f", "arguments": {"a":)", nullptr},
    {R"({"name": "f", "arguments": [1]})", nullptr},
    {R"({"name": "f", "arguments": "a b"})", nullptr},
    {R"({"name": "", "arguments": {}})", nullptr},
    {R"({"name": "a b", "arguments": {}})", nullptr},
    {R"({"name": 7, "arguments": {}})", nullptr},
    {R"({"arguments": {}})", nullptr},
    {R"([])", nullptr},
    {R"([{"name": "f", "arguments": {}}, 3])", nullptr},
    {R"({"name": "f", "arguments": {}} and so on)", nullptr},
};

TEST(ReplyParser, RepairsJsonAsModelsWriteIt) {
  const ReplyFormat format = format_of(kHermesWords);
  for (const BrokenJson& broken : kBrokenJson) {
    const std::string answer = "<tool_call>\n" + std::string(broken.call) + "\n</tool_call>";
    const std::string arguments = broken.arguments == nullptr ? "" : broken.arguments;
    expect_reply(format, answer, broken.arguments == nullptr ? "text(" + answer + ")" : "text()\nf " + arguments);
  }
}

TEST(ReplyParser, ATooDeepValueIsText) {
  for (const std::size_t depth : {100u, 10'000u}) {
    const std::string nested = std::string(depth, '[') + std::string(depth, ']');
    const std::string answer = "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": " + nested + "}}</tool_call>";
    EXPECT_EQ(parse_all(format_of(kHermesWords), answer).text, answer);
    EXPECT_EQ(parse_all(format_of(kLlamaWords), "[f(a=" + nested + ")]").text, "[f(a=" + nested + ")]");
    EXPECT_EQ(parse_all(format_of("[TOOL_CALLS]"), "[TOOL_CALLS]" + nested).text, "[TOOL_CALLS]" + nested);
  }
}

TEST(ReplyParser, ATooLongCallIsText) {
  const std::string long_text(std::size_t{5} << 20, 'x');
  const std::string answer =
      "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"" + long_text + "\"}}</tool_call>\nBye";
  const Reply reply = parse_all(format_of(kHermesWords), answer);
  EXPECT_EQ(reply.text, answer);
  EXPECT_TRUE(reply.tool_calls.empty());
}

// A megabyte of what looks like the beginning of something: work that grew with its square would take hours.
TEST(ReplyParser, HostileAnswersTakeLinearTime) {
  const std::vector<std::string> parts = {"<",
                                          "[",
                                          "{",
                                          "(",
                                          "\n",
                                          "\"",
                                          "\\",
                                          "</",
                                          "'a",
                                          "<｜",
                                          "; {",
                                          "```",
                                          "[f(",
                                          "{\"name\"",
                                          "<tool_call>",
                                          "<tool_call>{",
                                          "<tool_call>\"",
                                          "functools",
                                          "[TOOL_CALLS]",
                                          "<function=",
                                          "<parameter=a>",
                                          "<arg_key>",
                                          "{\"a\":\" ",
                                          "<tool_call>{}</tool_call>",
                                          "[TOOL_CALLS]x",
                                          "<|channel|>commentary to="};
  const auto repeated = [](const std::string& part, std::size_t n_bytes) {
    std::string text;
    while (text.size() < n_bytes) text += part;
    return text;
  };
  for (const std::string& part : parts) {
    const std::string answer = repeated(part, std::size_t{1} << 13);
    for (const Recorded& recorded : kRecorded) {
      const Reply reply = parse_all(format_of(recorded.words), answer);
      EXPECT_LE(reply.text.size() + reply.thinking.size(), answer.size());
    }
    const std::string long_answer = repeated(part, std::size_t{1} << 20);
    EXPECT_EQ(parse_all(format_of(kHermesWords), long_answer).text, long_answer);
  }
}

}  // namespace
}  // namespace tenfold
