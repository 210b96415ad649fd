// Closing markers that a call says, and such as end one in which somebody forgot a quote.
#include <optional>
#include <string>

#include "chat/reply_open_string.h"
#include "chat/reply_testing.h"

namespace tenfold {
namespace {

// Whether a text breaks off in a string; nothing where a quote is out of place.
std::optional<bool> breaks_off_in_string(std::string_view text, CallGrammar grammar = CallGrammar::kJson) {
  ReplyOpenString string(grammar);
  for (const char c : text) string.take(c);
  if (string.is_broken()) return std::nullopt;
  return string.is_open();
}

TEST(ReplyOpenString, IsOpenBetweenQuotesThatStandWhereTheyBelong) {
  for (const char* open : {R"({"a": ")", R"({"a": "\")", R"({"a": "\\\")", R"({"a": "x", 'b)", R"({"a": ["x" , ")",
                           R"(f(a="it's)", R"(f(a='say "x")", R"({a:<|"|>"x" <|")", "{a:<escape>\\<escape"}) {
    EXPECT_EQ(breaks_off_in_string(open), true) << open;
  }
  for (const char* closed : {"", "f", R"({"a": "x")", R"({"a": "\\")", R"({"a": "x"})", R"({a:<|"|>x<|"|>)",
                             R"({a:<|"|>x<|"|>,b:1})", "{a:<escape>x<escape>}", "<|<esc", "<｜sep｜>f\n```json\n{"}) {
    EXPECT_EQ(breaks_off_in_string(closed), false) << closed;
  }
  for (const char* broken :
       {R"(")", R"(it's)", R"({"a": "say "x)", R"({"a": "x" "b": 1)", R"({a:<"x)", R"({"a": "x"</)"}) {
    EXPECT_EQ(breaks_off_in_string(broken), std::nullopt) << broken;
  }
}

// Between tags, quotes are text.
TEST(ReplyOpenString, IsOpenBetweenTheMarksOfRawText) {
  const auto breaks_off = [](std::string_view text) { return breaks_off_in_string(text, CallGrammar::kTagged); };
  for (const char* open : {"<param name=\"a\"><![CDATA[", "><![CDATA[]]", "><![CDATA[]] >", "><![CDATA[<![CDATA \\",
                           "><![CDATA[x]]></param><param name=\"b\"><![CDATA[\""}) {
    EXPECT_EQ(breaks_off(open), true) << open;
  }
  for (const char* closed : {"", "><![CDATA[]]>", "><![CDATA[]]]>", "><![CDATA[x]]>\n</param>", "><![CDATA",
                             ">x<![CDATA[", "> <![CDATA[", "><<![CDATA[", "<param name=\"a\">\"", "<a b=\"it's"}) {
    EXPECT_EQ(breaks_off(closed), false) << closed;
  }
  for (const char* broken : {"><![CDATA[x]]>y", "><![CDATA[x</param><param name=\"b\"><![CDATA["}) {
    EXPECT_EQ(breaks_off(broken), std::nullopt) << broken;
  }
}

struct Said {
  const char* words;  // of the template
  const char* answer;
  const char* reply;
};

constexpr const char* kMiniCpmMarks = "<function name=\"";
constexpr const char* kGemma4Words = "<|channel>thought<|tool_call>";

// One for each way of writing strings, and for each syntax that has a closing marker.
const Said kSaid[] = {
    {kHermesWords, R"(<tool_call>{"name": "write", "arguments": {"text": "say </tool_call> aloud"}}</tool_call> Bye)",
     "text( Bye)\nwrite {\"text\":\"say </tool_call> aloud\"}"},
    {kHermesWords,
     R"(<tool_call>{"name": "f", "arguments": {"</tool_call>": ["</tool_call>", "\"</tool_call>\\"]}}</tool_call>)"
     R"(<tool_call>{"name": "g", "arguments": {"a": "<tool_call>é</tool_call>"}}</tool_call>)",
     "text()\nf {\"</tool_call>\":[\"</tool_call>\",\"\\\"</tool_call>\\\\\"]}\n"
     "g {\"a\":\"<tool_call>é</tool_call>\"}"},
    {kHermesWords, R"(<tool_call>{'name': 'f', 'arguments': {'a': '"</tool_call>'}}</tool_call>)",
     "text()\nf {\"a\":\"\\\"</tool_call>\"}"},
    // The last closing marker or brackets are missing, too.
    {kHermesWords, R"(<tool_call>{"name": "f", "arguments": {"a": "</tool_call>"}})",
     "text()\nf {\"a\":\"</tool_call>\"}"},
    {kHermesWords, R"(<tool_call>{"name": "f", "arguments": {"a": "</tool_call>")",
     "text()\nf {\"a\":\"</tool_call>\"}"},
    {kLlamaWords, R"(<function=f>{"a": "</function>"}</function>)", "text()\nf {\"a\":\"</function>\"}"},
    {kDeepSeekWords,
     "<｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{\"a\": "
     "\"```<｜tool▁call▁end｜>\"}\n```<｜tool▁call▁end｜>",
     "text()\nf {\"a\":\"```<｜tool▁call▁end｜>\"}"},
    {"<|tool_call_begin|>",
     "<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{\"a\": \"<|tool_call_end|>\"}"
     "<|tool_call_end|>",
     "text()\nf {\"a\":\"<|tool_call_end|>\"} #functions.f:0"},
    {kGemma4Words, "<|tool_call>call:f{a:<|\"|>it's \"<tool_call|><|\"|>,b:<|\"|><tool_call|><|\"|>}<tool_call|>",
     "text()\nf {\"a\":\"it's \\\"<tool_call|>\",\"b\":\"<tool_call|>\"}"},
    {"<start_function_call>", "<start_function_call>call:f{a:<escape>\\<end_function_call><escape>}<end_function_call>",
     "text()\nf {\"a\":\"\\\\<end_function_call>\"}"},
    {"<|START_ACTION|>", R"(<|START_ACTION|>[{"tool_name": "f", "parameters": {"q": "<|END_ACTION|>"}}]<|END_ACTION|>)",
     "text()\nf {\"q\":\"<|END_ACTION|>\"}"},
    {"Action: ```json", "Action: ```json\n[{\"tool_name\": \"f\", \"parameters\": {\"q\": \"```sh\\nls\\n```\"}}]```",
     "text()\nf {\"q\":\"```sh\\nls\\n```\"}"},
    {"<|tool_call|><|/tool_call|>",
     R"(<|tool_call|>[{"name": "f", "arguments": {"a": "<|/tool_call|>"}}]<|/tool_call|>)",
     "text()\nf {\"a\":\"<|/tool_call|>\"}"},
    {"<|action_start|><|plugin|>",
     R"(<|action_start|><|plugin|>{"name": "f", "parameters": {"a": "<|action_end|>"}}<|action_end|>)",
     "text()\nf {\"a\":\"<|action_end|>\"}"},
    {"<TOOLCALL>", R"(<TOOLCALL>[{"name": "f", "arguments": {"a": "</TOOLCALL>"}}]</TOOLCALL>)",
     "text()\nf {\"a\":\"</TOOLCALL>\"}"},
    {"<|tool_call_start|>", R"(<|tool_call_start|>[f(a="<|tool_call_end|>", b='"<|tool_call_end|>')]<|tool_call_end|>)",
     "text()\nf {\"a\":\"<|tool_call_end|>\",\"b\":\"\\\"<|tool_call_end|>\"}"},
    {"tool_code", "```tool_code\nrun(code='```sh')\n```", "text()\nrun {\"code\":\"```sh\"}"},
    {kChannelWords, R"(<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a": "<|call|>"}<|call|>)",
     "text()\nf {\"a\":\"<|call|>\"}"},
    {kMiniCpmMarks, "<function name=\"w\"><param name=\"t\"><![CDATA[a </function> b]]></param></function>Bye",
     "text(Bye)\nw {\"t\":\"a </function> b\"}"},
    {kMiniCpmMarks,
     "<tool_call>\n<function name=\"w\"><param name=\"t\"><![CDATA[</tool_call>]] ]>\"]]]></param>\n"
     "<param name=\"u\"><![CDATA[</function></tool_call>]]></param></function>\n</tool_call>",
     "text()\nw {\"t\":\"</tool_call>]] ]>\\\"]\",\"u\":\"</function></tool_call>\"}"},
    // The last tags are missing, too.
    {kMiniCpmMarks, "<function name=\"w\"><param name=\"t\"><![CDATA[</function>]]>",
     "text()\nw {\"t\":\"</function>\"}"},
};

TEST(ReplyClosingMarker, IsSaidInAStringThatIsProperlyOpen) {
  for (const Said& said : kSaid) expect_reply(format_of(said.words), said.answer, said.reply);
}

// In each the first call lacks a quote, and what follows is read as if nobody had waited.
const Said kForgotten[] = {
    {kHermesWords, R"(<tool_call>{"name": "f", "arguments": {"a": "x}}</tool_call> Done <|x|>.)",
     R"(text(<tool_call>{"name": "f", "arguments": {"a": "x}}</tool_call> Done <|x|>.))"},
    {kHermesWords,
     "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"x}}</tool_call>\n"
     "<tool_call>{\"name\": \"g\", \"arguments\": {\"a\": \"</tool_call>\"}}</tool_call>\nBye",
     "text(<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"x}}</tool_call>Bye)\ng {\"a\":\"</tool_call>\"}"},
    // Nothing but the end tells.
    {kHermesWords,
     "<tool_call>{'name': 'f', 'arguments': {'a': 'x}}</tool_call>\n"
     "<tool_call>{\"name\": \"g\", \"arguments\": {\"a\": \"x\"}}</tool_call>\n<tool_call>{\"name\": \"h\", "
     "\"arguments\": {}}",
     "text(<tool_call>{'name': 'f', 'arguments': {'a': 'x}}</tool_call>)\ng {\"a\":\"x\"}\nh {}"},
    // Quotes that stand where they might belong, but all of it makes no call.
    {kHermesWords,
     "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"x}}</tool_call> Say \", then.\n"
     "<tool_call>{\"name\": \"g\", \"arguments\": {}}</tool_call>",
     "text(<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"x}}</tool_call> Say \", then.)\ng {}"},
    // A quote that nobody escaped: whether the string is open, nobody knows.
    {kHermesWords, R"(<tool_call>{"name": "f", "arguments": {"a": "the "x"}}</tool_call> "y"}}</tool_call>)",
     "text( \"y\"}}</tool_call>)\nf {\"a\":\"the \\\"x\"}"},
    {"<|tool_call_start|>",
     "<|tool_call_start|>[f(a='x)]<|tool_call_end|>Don't<|tool_call_start|>[g()]<|tool_call_end|>",
     "text(<|tool_call_start|>[f(a='x)]<|tool_call_end|>Don't)\ng {}"},
    // Values between tags are not quoted.
    {"<tool_call><function=",
     "<tool_call>\n<function=f>\n<parameter=a>\n[\"\n</parameter>\n</function>\n</tool_call>Bye, \"x\"]",
     "text(Bye, \"x\"])\nf {\"a\":\"[\\\"\"}"},
    {kHermesWords, "<tool_call>\n<function=f>\n<parameter=a>\n[\"\n</parameter>\n</function>\n</tool_call>Bye, \"x\"]",
     "text(Bye, \"x\"])\nf {\"a\":\"[\\\"\"}"},
    // Raw text between tags that never ends, that ends in that of the next call, or behind which something else stands.
    {kMiniCpmMarks, "<function name=\"w\"><param name=\"t\"><![CDATA[a</param></function>\nBye",
     "text(<function name=\"w\"><param name=\"t\"><![CDATA[a</param></function>\nBye)"},
    {kMiniCpmMarks,
     "<function name=\"w\"><param name=\"t\"><![CDATA[a</param></function>\n"
     "<function name=\"g\"><param name=\"t\"><![CDATA[b]]></param></function>",
     "text(<function name=\"w\"><param name=\"t\"><![CDATA[a</param></function>)\ng {\"t\":\"b\"}"},
    {kMiniCpmMarks,
     "<function name=\"w\"><param name=\"t\"><![CDATA[a</param></function> ]]> it is. "
     "<function name=\"g\"></function>",
     "text(<function name=\"w\"><param name=\"t\"><![CDATA[a</param></function> ]]> it is. )\ng {}"},
    // Not at the beginning of a value, it is text like any other.
    {kMiniCpmMarks, "<function name=\"w\"><param name=\"t\">a <![CDATA[</function> ]]>",
     "text( ]]>)\nw {\"t\":\"a <![CDATA[\"}"},
    // Thoughts are free text.
    {kHermesWords, "<think>\"a\": \"</think>\", she said", "text(\", she said) thinking(\"a\": \")"},
};

TEST(ReplyClosingMarker, EndsACallWhoseStringIsNot) {
  for (const Said& said : kForgotten) expect_reply(format_of(said.words), said.answer, said.reply);
}

TEST(ReplyClosingMarker, TextBehindBrokenRawTextComesAsSoonAsItIsKnownForText) {
  ReplyParser parser(format_of(kMiniCpmMarks));
  EXPECT_TRUE(parser.feed("<function name=\"w\"><param name=\"t\"><![CDATA[x</function> and ]]>").empty());
  EXPECT_TRUE(add_up(parser.feed("N")).text.ends_with("</function> and ]]>N"));
  EXPECT_EQ(add_up(parser.feed("o.")).text, "o.");
}

// A quote out of place tells at once that the call was over.
TEST(ReplyClosingMarker, TextBehindABrokenCallComesAsSoonAsItIsKnownForText) {
  ReplyParser parser(format_of(kHermesWords));
  EXPECT_TRUE(parser.feed("<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"x</tool_call> He said: \"").empty());
  EXPECT_TRUE(add_up(parser.feed("N")).text.ends_with("</tool_call> He said: \"N"));
  EXPECT_EQ(add_up(parser.feed("o.")).text, "o.");
}

TEST(ReplyClosingMarker, AnAnswerThatWasCutOffInAStringIsText) {
  const std::string answer = "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"</tool_call> x";
  for (const AnswerEnd end : {AnswerEnd::kOwn, AnswerEnd::kCut}) {
    ReplyParser parser(format_of(kHermesWords));
    EXPECT_TRUE(parser.feed(answer).empty());
    EXPECT_EQ(written(add_up(parser.finish(end))), "text(" + answer + ")");
  }
}

// Beyond the longest call the first closing marker counts.
TEST(ReplyClosingMarker, ATooLongStringEndsAtTheFirst) {
  const std::string call = "<tool_call>{\"name\": \"g\", \"arguments\": {\"a\": 1}}</tool_call>";
  const std::string broken = "<tool_call>{'a': '</tool_call>\n";
  const std::string text(std::size_t{5} << 20, 'x');
  const Reply reply = parse_all(format_of(kHermesWords), broken + call + text);
  EXPECT_EQ(reply.tool_calls.size(), 1u);
  EXPECT_EQ(reply.text.size(), broken.size() - 1 + text.size());
}

std::string repeated(std::string_view part, std::size_t n_bytes) {
  std::string text;
  while (text.size() < n_bytes) text += part;
  return text;
}

// Work that grew with the number of closing markers times the length would take hours.
TEST(ReplyClosingMarker, ManyTakeLinearTime) {
  const ReplyFormat format = format_of(kHermesWords);
  const std::string begin = "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"";
  const std::string said = repeated("</tool_call>", std::size_t{1} << 20);
  EXPECT_EQ(parse_all(format, begin + said).text, begin + said);
  EXPECT_EQ(written(parse_all(format, begin + said + "\"}}</tool_call>")), "text()\nf {\"a\":\"" + said + "\"}");
  for (const char* part :
       {"<tool_call>{\"a\": \"</tool_call>", "<tool_call>{\"a\": '</tool_call>", "</tool_call>\", \"",
        "<tool_call>['\"</tool_call>", "\"</tool_call>", "<tool_call>[\"</tool_call>\", '",
        "<tool_call>{\"a\": \"</tool_call>\", \"", "<tool_call>[<escape></tool_call>"}) {
    for (const std::string& prefix : {std::string(), begin, std::string("<tool_call>['")}) {
      const std::string answer = prefix + repeated(part, std::size_t{1} << 18);
      EXPECT_LE(parse_all(format, answer).text.size(), answer.size()) << prefix << part;
    }
  }
}

TEST(ReplyClosingMarker, ManyInRawTextTakeLinearTime) {
  const ReplyFormat format = format_of(kMiniCpmMarks);
  const std::string begin = "<function name=\"f\"><param name=\"a\"><![CDATA[";
  const std::string said = repeated("</function>", std::size_t{1} << 20);
  EXPECT_EQ(parse_all(format, begin + said).text, begin + said);
  EXPECT_EQ(written(parse_all(format, begin + said + "]]></param></function>")), "text()\nf {\"a\":\"" + said + "\"}");
  for (const std::string& part : {begin, begin + "</function>", std::string("><![CDATA[</function>]]>"),
                                  begin + "</function>]]>", begin + "</function>]]>x"}) {
    const std::string answer = repeated(part, std::size_t{1} << 18);
    EXPECT_LE(parse_all(format, answer).text.size(), answer.size()) << part;
  }
}

}  // namespace
}  // namespace tenfold
