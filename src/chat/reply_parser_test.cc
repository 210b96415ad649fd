#include "chat/reply_parser.h"

#include "chat/reply_testing.h"

namespace tenfold {
namespace {

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

}  // namespace
}  // namespace tenfold
