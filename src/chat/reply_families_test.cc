// Answers of the families. They are written here by hand, after what the families' templates and model cards say.
#include <set>
#include <string>
#include <vector>

#include "chat/reply_testing.h"

namespace tenfold {
namespace {

struct Recorded {
  const char* words;  // of the template
  const char* prompt;
  const char* answer;
  const char* reply;
};

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
    // InternLM.
    {"<|action_start|><|plugin|>", "",
     "Ich sehe nach.<|action_start|><|plugin|>\n{\"name\": \"f\", \"parameters\": {\"city\": \"Zürich 🏔\", \"at\": "
     "[1, "
     "{\"h\": null}]}}<|action_end|>\n",
     "text(Ich sehe nach.)\nf {\"city\":\"Zürich 🏔\",\"at\":[1,{\"h\":null}]}"},
    {"<|action_start|><|plugin|>", "",
     "<|action_start|><|plugin|>{'name': 'f', 'arguments': {'a': 'it's', }}<|action_end|><|action_start|><|plugin|>"
     "{\"name\": \"g\", \"arguments\": {}}",
     "text()\nf {\"a\":\"it's\"}\ng {}"},
    {"<|action_start|><|plugin|>", "", "<|action_start|><|plugin|>{\"name\": \"f\", \"parameters\": {\"a\": \"x",
     "text(<|action_start|><|plugin|>{\"name\": \"f\", \"parameters\": {\"a\": \"x)"},
    // Apertus.
    {"<|inner_prefix|><|tools_prefix|>", "",
     "<|inner_prefix|>Two.<|inner_suffix|>Sure.<|tools_prefix|>[{\"get_weather\": {\"city\": \"Zürich\", \"at\": "
     "{\"h\": "
     "[6, 18]}}}, {\"now\": {}}]<|tools_suffix|>",
     "text(Sure.) thinking(Two.)\nget_weather {\"city\":\"Zürich\",\"at\":{\"h\":[6,18]}}\nnow {}"},
    {"<|tools_prefix|>", "", "<|tools_prefix|>[{'f': {'a': 'x <|tools_suffix|> y',}}]<|tools_suffix|>",
     "text()\nf {\"a\":\"x <|tools_suffix|> y\"}"},
    {"<|tools_prefix|>", "", "<|tools_prefix|>[{\"name\": \"f\", \"arguments\": {\"a\": 1}}]<|tools_suffix|>",
     "text()\nf {\"a\":1}"},
    {"<|tools_prefix|>", "", "<|tools_prefix|>[{\"f\": {}}, {\"g\": 5}]<|tools_suffix|>",
     "text(<|tools_prefix|>[{\"f\": {}}, {\"g\": 5}]<|tools_suffix|>)"},
    // Hunyuan, which writes calls one by one or as a list.
    {"<think><tool_calls><tool_call>", "",
     "<think>\nHm.\n</think>\n<answer>\n<tool_calls><tool_call>f\n```json\n{\"a\": {\"ä\": "
     "[\"</tool_call>\"]}}\n```</tool_call>"
     "\n<tool_call>g\n```json\n{}\n```</tool_call></tool_calls>\n</answer>",
     "text() thinking(Hm.)\nf {\"a\":{\"ä\":[\"</tool_call>\"]}}\ng {}"},
    {"<tool_calls><tool_call>", "",
     "Moment.\n<tool_calls>[{\"name\": \"f\", \"arguments\": {\"a\": 1}}, {\"name\": \"g\", \"arguments\": "
     "{}}]</tool_calls>",
     "text(Moment.)\nf {\"a\":1}\ng {}"},
    {"<tool_calls><tool_call>", "", "<tool_calls><tool_call>f\n```json\n{'a': 1,}\n```", "text()\nf {\"a\":1}"},
    {"<tool_calls><tool_call>", "", "<answer>Hi</answer>", "text(Hi)"},
    // Jamba and Apriel, then MiniMax-M1.
    {"<tool_calls>", "",
     "Two.\n<tool_calls>[\n  {\"name\": \"f\", \"arguments\": {\"a\": \"é </tool_calls>\"}},\n  {\"name\": \"g\", "
     "\"arguments\": {\"b\": [[]]}}\n]</tool_calls>",
     "text(Two.)\nf {\"a\":\"é </tool_calls>\"}\ng {\"b\":[[]]}"},
    {"<think><tool_calls>", "<think>\n",
     "Hm.</think>\n<tool_calls>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n{'name': 'g', 'arguments': "
     "{}}\n</tool_calls>",
     "text() thinking(Hm.)\nf {\"a\":1}\ng {}"},
    // ERNIE 4.5.
    {"<think><tool_call><response>", "<think>\n",
     "Hm.\n</think>\n\n<response>\nÜber Paris.\n</response>\n\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": "
     "{}}}\n</tool_call>\n<tool_call>{\"name\": \"g\", \"arguments\": {}</tool_call>",
     "text(Über Paris.) thinking(Hm.)\nf {\"a\":{}}\ng {}"},
    // OLMo 3.
    {"<function_calls>", "",
     "I will.\n<function_calls>\nf(city='Århus', at={\"h\": [6, null]}, "
     "hot=true)\ng(a=\"</function_calls>\")\n</function_calls>",
     "text(I will.)\nf {\"city\":\"Århus\",\"at\":{\"h\":[6,null]},\"hot\":true}\ng {\"a\":\"</function_calls>\"}"},
    {"<function_calls>", "", "<function_calls>\nf(a='it's')\ng()\n</function_calls>",
     "text()\nf {\"a\":\"it's\"}\ng {}"},
    {"<function_calls>", "", "<function_calls>f(a='x)</function_calls>",
     "text(<function_calls>f(a='x)</function_calls>)"},
    // Step 3.
    {"<｜tool_call_begin｜>", "",
     "Look.<｜tool_calls_begin｜>\n<｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke "
     "name=\"f\">\n<steptml:parameter "
     "name=\"a\">é < \"x\"</steptml:parameter>\n<steptml:parameter name=\"b\">{\"c\": [1]}</steptml:parameter>\n"
     "</steptml:invoke><｜tool_call_end｜>\n<｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name=\"g\">\n"
     "</steptml:invoke><｜tool_call_end｜>\n<｜tool_calls_end｜>",
     "text(Look.)\nf {\"a\":\"é < \\\"x\\\"\",\"b\":{\"c\":[1]}}\ng {}"},
    {"<｜tool_call_begin｜>", "",
     "<｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name=\"f\"><steptml:parameter "
     "name=\"a\">x</steptml:invoke>",
     "text()\nf {\"a\":\"x\"}"},
    // MiniCPM 5, then those before it.
    {"<think><function name=\"", "<think>\n",
     "Hm.</think>Look.\n<function name=\"f\"><param name=\"city\">上海</param><param name=\"code\"><![CDATA[<param "
     "name=\"x\">]]></param><param name=\"n\">{\"a\": [1]}</param></function>\n<function name=\"g\"></function>\nDone.",
     "text(Look.Done.) thinking(Hm.)\nf {\"city\":\"上海\",\"code\":\"<param name=\\\"x\\\">\",\"n\":{\"a\":[1]}}\ng "
     "{}"},
    {"<function name=\"", "", "<function name=\"f\"><param name=\"a\">x</function>", "text()\nf {\"a\":\"x\"}"},
    {"<function name=\"", "",
     "Ok.\n<tool_call>\n<function name=\"f\"></function>\n</tool_call>\n<function name=\"g\"></function></tool_call>",
     "text(Ok.)\nf {}\ng {}"},
    {"<function name=\"", "", "<function name=\"f\"><param name=\"a\"><![CDATA[x</param></function>",
     "text(<function name=\"f\"><param name=\"a\"><![CDATA[x</param></function>)"},
    {"<|thought_start|><|tool_call_start|>", "",
     "<|thought_start|>\nHm.\n<|thought_end|>\n<|tool_call_start|>\n```python\nf(a=\"x\")\ng()\n```\n<|tool_call_end|>"
     "\nOk.",
     "text(Ok.) thinking(Hm.)\nf {\"a\":\"x\"}\ng {}"},
    // GigaChat 3: a call is a turn of its own.
    {"'function call' <|role_sep|>", "",
     "Смотрю.<|message_sep|>\n\nfunction call<|role_sep|>\n{\"name\": \"f\", \"arguments\": {\"a\": {\"b\": \"}\"}}}",
     "text(Смотрю.)\nf {\"a\":{\"b\":\"}\"}}"},
    {"'function call' <|role_sep|>", "", "<|function_call|>{'name': 'f', 'arguments': {'a': 1,}}<|message_sep|>\n\n",
     "text()\nf {\"a\":1}"},
    {"'function call' <|role_sep|>", "", "A function call is one.", "text(A function call is one.)"},
    // xLAM: nothing marks a list of calls.
    {"{\"name\": \"' + name + '\", ' }}{{ '\"arguments\": '", "",
     "[{\"name\": \"f\", \"arguments\": {\"a\": [\"é\"]}}, {\"name\": \"g\", \"arguments\": {}}]",
     "text()\nf {\"a\":[\"é\"]}\ng {}"},
    {"{\"name\": \"' + name + '\", ' }}{{ '\"arguments\": '", "", "[{\"name\": \"Ann\"}] and [{x}]",
     "text([{\"name\": \"Ann\"}] and [{x}])"},
    // Llama 4, which may put markers around calls in Python or around text before others.
    {kLlamaWords, "", "<|python_start|>[f(a=\"x\"), g()]<|python_end|>", "text()\nf {\"a\":\"x\"}\ng {}"},
    {kLlamaWords, "", "<|python_start|>Look.<|python_end|>{\"name\": \"f\", \"parameters\": {\"a\": 1}}",
     "text(Look.)\nf {\"a\":1}"},
};

// GLM-4: only the names of the tools tell a call from text.
TEST(ReplyParser, ALineWithTheNameOfAToolBeginsACallOfGlm4) {
  const Json tools =
      parse_json(R"([{"type": "function", "function": {"name": "get_weather"}}, {"name": "get"}])").value();
  const ReplyFormat format = format_of("[gMASK]<sop>{{ item['metadata'] }}");
  const Recorded recorded[] = {
      {"", "", "get_weather\n{\"city\": \"北京\", \"at\": {\"h\": [6, 18]}}",
       "text()\nget_weather {\"city\":\"北京\",\"at\":{\"h\":[6,18]}}"},
      {"", "", "\nI look.<|assistant|>get_weather\n{\"a\": \"}\"}<|assistant|>get \n {'b': 1,}",
       "text(\nI look.)\nget_weather {\"a\":\"}\"}\nget {\"b\":1}"},
      {"", "", "get\n{\"a\": [1", "text(get\n{\"a\": [1)"},
      {"", "", "get\n{\"a\": [1]", "text()\nget {\"a\":[1]}"},
      {"", "", "get\n", "text(get\n)"},
      {"", "", "get_weather is a tool.\n{}", "text(get_weather is a tool.\n{})"},
      {"", "", "get_weather {}", "text(get_weather {})"},
      {"", "", "get_weather(\n{})", "text(get_weather(\n{}))"},
      {"", "", "getter\n{}", "text(getter\n{})"},
      {"", "", "\nget\nget\n{}", "text(\nget\nget\n{})"},
      {"", "", "Say\nget\n{}", "text(Say\nget\n{})"},
  };
  for (const Recorded& answer : recorded) expect_reply(format, answer.answer, answer.reply, tools);
  expect_reply(format, "get\n{}", "text(get\n{})");
}

TEST(ReplyParser, AnswersOfTheFamiliesHoweverTheyAreCut) {
  for (const Recorded& recorded : kRecorded) {
    expect_reply(format_of(recorded.words, recorded.prompt), recorded.answer, recorded.reply);
  }
}

std::set<std::string_view> all_words() {
  std::set<std::string_view> words;
  for (const Recorded& recorded : kRecorded) words.insert(recorded.words);
  return words;
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
    for (const std::string_view words : all_words()) {
      const Reply reply = parse_all(format_of(words), answer);
      EXPECT_LE(reply.text.size() + reply.thinking.size(), answer.size());
    }
    const std::string long_answer = repeated(part, std::size_t{1} << 20);
    EXPECT_EQ(parse_all(format_of(kHermesWords), long_answer).text, long_answer);
  }
}

}  // namespace
}  // namespace tenfold
