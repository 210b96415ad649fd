// Formats are chosen by the words of chat templates.
#include "chat/reply_format.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "jinja/goldens_testing.h"

namespace tenfold {
namespace {

const std::string kTemplates = TENFOLD_SOURCE_DIR "/src/chat/testdata";

struct Chosen {
  std::string_view format, thinking;
  bool operator==(const Chosen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Chosen& chosen) {
  return out << chosen.format << " / " << chosen.thinking;
}

// These templates are made up, but for the markers around thoughts and calls.
TEST(ReplyFormat, OfEveryTemplateOfTheGoldens) {
  const std::map<std::string, Chosen> expected = {
      {"command_r", {"command_r", ""}}, {"deepseek_r1", {"deepseek", "<think>"}},
      {"everything", {"plain", ""}},    {"gemma3", {"plain", ""}},
      {"glm", {"glm", "<think>"}},      {"hermes", {"hermes", ""}},
      {"llama3", {"llama", ""}},        {"mistral", {"mistral", ""}},
      {"phi", {"plain", ""}},           {"qwen25", {"hermes", ""}},
      {"qwen3", {"hermes", "<think>"}}, {"smollm", {"plain", ""}},
  };
  std::size_t n_templates = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kTemplates + "/families")) {
    const std::string family = entry.path().stem().string();
    ASSERT_TRUE(expected.contains(family)) << family;
    const ReplyFormat format = choose_reply_format(read_golden_text(entry.path()));
    EXPECT_EQ((Chosen{format.name, format.thinking.open}), expected.at(family)) << family;
    EXPECT_FALSE(format.begins_in_thinking) << family;
    ++n_templates;
  }
  EXPECT_EQ(n_templates, expected.size());
}

// DeepSeek R1's prompts open the thoughts, the others' do not; an empty thought is none.
TEST(ReplyFormat, OfEveryPromptOfTheGoldens) {
  const auto goldens = parse_json(read_golden_text(kTemplates + "/families.json"));
  ASSERT_TRUE(goldens.ok());
  std::map<std::string, int> n_opened;
  for (const auto& [family, texts] : goldens->items()) {
    const std::string source = read_golden_text(kTemplates + "/families/" + family + ".jinja");
    const ReplyFormat of_family = choose_reply_format(source);
    for (const auto& [name, text] : texts.items()) {
      const ReplyFormat format = behind_prompt(of_family, text.text());
      if (format.begins_in_thinking) ++n_opened[family];
      EXPECT_EQ(format.begins_in_thinking, text.text().ends_with("<think>\n")) << family << " on " << name;
    }
  }
  EXPECT_EQ(n_opened.size(), 1u);
  EXPECT_GT(n_opened["deepseek_r1"], 10);
}

// What templates of the families write, from their published templates; shortened to the words that count.
struct Words {
  std::string_view source, format, thinking;
};

constexpr Words kWords[] = {
    {"{{- '<|im_start|>assistant\\n<think>' }}{{- '<tool_call>\\n{\"name\": \"' }}", "hermes", "<think>"},
    {"<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>", "hermes", ""},
    {"<tool_call>\n<function=example>\n<parameter=p>\nv\n</parameter>\n</function>\n</tool_call>", "qwen_coder", ""},
    {"'\\n<tool_call>' + tc.name }}<arg_key>{{ k }}</arg_key></tool_call>{{ '</think>' }}", "glm", "<think>"},
    {"\"[TOOL_CALLS] [\" }}{{ '[THINK]' }}", "mistral", "[THINK]"},
    {"'<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>' + tool['type'] {{ '</think>' }}", "deepseek", "<think>"},
    {"'<｜DSML｜function_calls>'", "dsml", ""},
    {"{\"name\": \"' + tool_call.name + '\", ' }}{{ '\"parameters\": ' }}", "llama", ""},
    {"<|python_tag|>", "llama", ""},
    {"'<|channel>thought\\n' }}{{ '<|tool_call>call:' + function['name'] + '{' }}", "gemma4", "<|channel>thought"},
    {"```tool_code", "tool_code", ""},
    {"'<|tool_call|>' + (tool_call['function'] | tojson) + '<|/tool_call|>'", "phi", ""},
    {"'<|tool|>' + message['tools'] + '<|/tool|>'", "phi", ""},
    {"'<|tool_call|>' + message.tool_calls | tojson", "granite", ""},
    {"functools[{\"name\": [function name]", "functools", ""},
    {"<|START_THINKING|>{{ t }}<|END_THINKING|><|START_ACTION|>[", "cohere", "<|START_THINKING|>"},
    {"'Action: ```json\\n[\\n'", "command_r", ""},
    {"<|start|>assistant<|channel|>analysis<|message|>", "channels", "<|channel|>analysis<|message|>"},
    {"<|tool_calls_section_begin|><|tool_call_begin|>", "kimi", ""},
    {"'<seed:tool_call>' '<seed:think>'", "seed", "<seed:think>"},
    {"<minimax:tool_call>", "minimax", ""},
    {"<|tool_call_start|>[", "lfm", ""},
    {"<TOOLCALL>[", "nemotron", ""},
    {"<start_function_call>call:", "function_gemma", ""},
    {"[gMASK]<sop>{% for item in messages %}<|{{ item['role'] }}|>{{ item['metadata'] }}\n", "glm4", ""},
    {"[gMASK]<sop>{{- '\n<tool_call>' + tc.name }}<arg_key>{{ metadata }}", "glm", ""},
    {"'<tool_calls><tool_call>' + name + '\n```json\n'", "hunyuan", ""},
    {"'\n<tool_calls>[' }}{{ ']</tool_calls>'", "tool_calls", ""},
    {"<tool_call>\n{\"name\": \"' }}{{ '<response>\n'", "ernie", ""},
    {"'\n<tool_call>\n{\"name\": \"' }}{{ '<tool_response>\n'", "hermes", ""},
    {"set inner_token = '<|inner_prefix|>' %}{% set tool_calls_token = '<|tools_prefix|>'", "apertus",
     "<|inner_prefix|>"},
    {"\"<|action_start|><|plugin|>\\n\"", "internlm", ""},
    {"\"\\n<function_calls>\\n\"", "olmo", ""},
    {"'<｜tool_calls_begin｜>\n' }}{{ '<｜tool_call_begin｜>function<｜tool_sep｜>'", "step", ""},
    {"role_sep=\"<|role_sep|>\\n\" }}{{ 'function call'", "gigachat", ""},
    {"'<function name=\"' + name + '\">' }}{{ '</think>'", "minicpm", "<think>"},
    {"'<|thought_start|>\\n' }}{{ '<|tool_call_start|>\\n```python\\n'", "lfm", "<|thought_start|>"},
    {"'{\"name\": \"' + tool_call.name + '\", ' }}{{ '\"arguments\": ' }}", "xlam", ""},
    {"{{ message.content }}", "plain", ""},
};

TEST(ReplyFormat, OfTheFamilies) {
  for (const Words& words : kWords) {
    const ReplyFormat format = choose_reply_format(words.source);
    EXPECT_EQ((Chosen{format.name, format.thinking.open}), (Chosen{words.format, words.thinking})) << words.source;
  }
}

TEST(ReplyFormat, BeginsInThinkingWhereThePromptOpensIt) {
  const ReplyFormat thinks = choose_reply_format("<think>");
  EXPECT_TRUE(behind_prompt(thinks, "<|assistant|><think>\n").begins_in_thinking);
  EXPECT_TRUE(behind_prompt(thinks, "<|assistant|><think>").begins_in_thinking);
  EXPECT_FALSE(behind_prompt(thinks, "<think>\n\n</think>\n\n").begins_in_thinking);
  EXPECT_FALSE(behind_prompt(choose_reply_format(""), "<think>\n").begins_in_thinking);
  EXPECT_FALSE(behind_prompt(thinks, "say <think> please<|end|>\n").begins_in_thinking);
}

TEST(ReplyFormat, NoMarkerIsPartOfAnother) {
  for (const Words& words : kWords) {
    const ReplyFormat format = choose_reply_format(words.source);
    std::vector<std::string_view> markers(format.silent.begin(), format.silent.end());
    for (const CallSyntax& call : format.calls) {
      if (!call.open.empty()) markers.push_back(call.open);
      EXPECT_TRUE(call.open.ends_with(call.kept_open)) << words.source;
    }
    if (!format.thinking.open.empty()) markers.push_back(format.thinking.open);
    for (std::size_t i = 0; i < markers.size(); ++i) {
      for (std::size_t k = 0; k < markers.size(); ++k) {
        EXPECT_TRUE(i == k || markers[i].find(markers[k]) == std::string_view::npos) << markers[i] << " " << markers[k];
      }
    }
  }
}

}  // namespace
}  // namespace tenfold
