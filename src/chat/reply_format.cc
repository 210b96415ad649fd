#include "chat/reply_format.h"

#include <algorithm>

namespace tenfold {

namespace {

constexpr ThinkingMarkers kThinkingMarkers[] = {
    {"<think>", "</think>"},
    {"<seed:think>", "</seed:think>"},
    {"[THINK]", "[/THINK]"},
    {"<|START_THINKING|>", "<|END_THINKING|>"},
    {"<reasoning>", "</reasoning>"},
    {"<|inner_prefix|>", "<|inner_suffix|>"},
    {"<|thought_start|>", "<|thought_end|>"},
    {"<|channel>thought", "<channel|>"},
    {"<|channel|>analysis<|message|>", "<|end|>"},
};

// One way of writing calls, and the words by which a template shows it: all of `signs` have to be there.
struct ToolSyntax {
  std::string_view name;
  std::span<const std::string_view> signs;
  std::span<const CallSyntax> calls;
  std::span<const std::string_view> silent = {};
};

using enum CallGrammar;

// gpt-oss. The tool is named behind the channel or before it.
constexpr std::string_view kChannelSigns[] = {"<|channel|>", "<|message|>"};
constexpr CallSyntax kChannelCalls[] = {{"<|channel|>commentary to=", "<|call|>", kNamed},
                                        {"<|channel|>analysis to=", "<|call|>", kNamed},
                                        {" to=functions.", "<|call|>", kNamed}};
constexpr std::string_view kChannelSilent[] = {"<|start|>assistant", "<|channel|>final<|message|>",
                                               "<|channel|>commentary<|message|>", "<|end|>", "<|return|>"};

// DeepSeek V3 and R1: type, separator, name, fenced arguments. V3.1: name, separator, arguments.
constexpr std::string_view kDeepSeekSigns[] = {"<｜tool▁call▁begin｜>"};
constexpr CallSyntax kDeepSeekCalls[] = {{"<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", kNamed}};
constexpr std::string_view kDeepSeekSilent[] = {"<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"};

constexpr std::string_view kDsmlSigns[] = {"｜DSML｜"};  // DeepSeek V3.2
constexpr CallSyntax kDsmlCalls[] = {{"<｜DSML｜function_calls>", "</｜DSML｜function_calls>", kTagged},
                                     {"<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>", kTagged}};

constexpr std::string_view kKimiSigns[] = {"<|tool_call_begin|>"};
constexpr CallSyntax kKimiCalls[] = {{"<|tool_call_begin|>", "<|tool_call_end|>", kNamed}};
constexpr std::string_view kKimiSilent[] = {"<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"};

constexpr std::string_view kGemma4Signs[] = {"<|tool_call>"};
constexpr CallSyntax kGemma4Calls[] = {{"<|tool_call>", "<tool_call|>", kNamed}};
constexpr std::string_view kFunctionGemmaSigns[] = {"<start_function_call>"};
constexpr CallSyntax kFunctionGemmaCalls[] = {{"<start_function_call>", "<end_function_call>", kNamed}};

constexpr std::string_view kCohereSigns[] = {"<|START_ACTION|>"};  // Command R7B, Command A
constexpr CallSyntax kCohereCalls[] = {{"<|START_ACTION|>", "<|END_ACTION|>", kJson}};
constexpr std::string_view kCohereSilent[] = {"<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>",
                                              "<|END_TEXT|>"};
constexpr std::string_view kCommandRSigns[] = {"Action:", "```json"};
constexpr CallSyntax kCommandRCalls[] = {
    {"Action: ```json", "```", kJson}, {"Action:\n```json", "```", kJson}, {"Action:```json", "```", kJson}};

constexpr std::string_view kGlmSigns[] = {"<tool_call>", "<arg_key>"};  // from GLM-4.5 on
constexpr CallSyntax kGlmCalls[] = {{"<tool_call>", "</tool_call>", kTagged}};
// GLM-4: the name stands where a turn has its metadata, and each call is a turn.
constexpr std::string_view kGlm4Signs[] = {"[gMASK]", "metadata"};
constexpr CallSyntax kGlm4Calls[] = {{"", "", kNamed}};
constexpr std::string_view kGlm4Silent[] = {"<|assistant|>"};
constexpr std::string_view kSeedSigns[] = {"<seed:tool_call>"};
constexpr CallSyntax kSeedCalls[] = {{"<seed:tool_call>", "</seed:tool_call>", kTagged}};
constexpr std::string_view kMiniMaxSigns[] = {"<minimax:tool_call>"};
constexpr CallSyntax kMiniMaxCalls[] = {{"<minimax:tool_call>", "</minimax:tool_call>", kTagged}};
constexpr std::string_view kStepSigns[] = {"<｜tool_call_begin｜>"};  // Step 3
constexpr CallSyntax kStepCalls[] = {{"<｜tool_call_begin｜>function<｜tool_sep｜>", "<｜tool_call_end｜>", kTagged}};
constexpr std::string_view kStepSilent[] = {"<｜tool_calls_begin｜>", "<｜tool_calls_end｜>"};
// Qwen3-Coder, which now and then forgets the outer marker.
constexpr std::string_view kCoderSigns[] = {"<tool_call>", "<function="};
constexpr CallSyntax kCoderCalls[] = {{"<tool_call>", "</tool_call>", kTagged},
                                      {"<function=", "</function>", kTagged, "<function="}};
constexpr std::string_view kCoderSilent[] = {"</tool_call>"};
// MiniCPM 5, which does the same; those before it write as LFM does.
constexpr std::string_view kMiniCpmSigns[] = {"<function name=\""};
constexpr CallSyntax kMiniCpmCalls[] = {{"<tool_call>", "</tool_call>", kTagged},
                                        {"<function name=\"", "</function>", kTagged, "<function name=\""}};

constexpr std::string_view kHermesSigns[] = {"<tool_call>"};  // Hermes, Qwen 2.5 and 3, and who learned from them
constexpr CallSyntax kHermesCalls[] = {{"<tool_call>", "</tool_call>", kJson}};
constexpr std::string_view kErnieSigns[] = {"<tool_call>", "<response>"};
constexpr std::string_view kErnieSilent[] = {"<response>", "</response>"};
// Hunyuan: a name and fenced arguments each, or a list between the outer markers.
constexpr std::string_view kHunyuanSigns[] = {"<tool_calls>", "<tool_call>"};
constexpr CallSyntax kHunyuanCalls[] = {{"<tool_call>", "</tool_call>", kNamed}, {"", "", kJson}};
constexpr std::string_view kHunyuanSilent[] = {"<tool_calls>", "</tool_calls>", "<answer>", "</answer>"};
constexpr std::string_view kToolCallsSigns[] = {"<tool_calls>"};  // Jamba, MiniMax-M1, Apriel
constexpr CallSyntax kToolCallsCalls[] = {{"<tool_calls>", "</tool_calls>", kJson}};
constexpr std::string_view kInternLmSigns[] = {"<|action_start|>", "<|plugin|>"};
constexpr CallSyntax kInternLmCalls[] = {{"<|action_start|><|plugin|>", "<|action_end|>", kJson}};
constexpr std::string_view kApertusSigns[] = {"<|tools_prefix|>"};
constexpr CallSyntax kApertusCalls[] = {{"<|tools_prefix|>", "<|tools_suffix|>", kKeyed}};
constexpr std::string_view kGigaChatSigns[] = {"function call", "<|role_sep|>"};  // the call is a turn of its own
constexpr CallSyntax kGigaChatCalls[] = {{"function call<|role_sep|>", "", kJson}, {"<|function_call|>", "", kJson}};
constexpr std::string_view kGigaChatSilent[] = {"<|message_sep|>"};
constexpr std::string_view kMistralSigns[] = {"[TOOL_CALLS]"};  // a list, or from v11 on name and arguments
constexpr CallSyntax kMistralCalls[] = {{"[TOOL_CALLS]", "", kNamed}};
// Phi-4-mini's own template writes the tools alone, others for it the calls, too.
constexpr std::string_view kPhiSigns[] = {"<|tool_call|>", "<|/tool_call|>"};
constexpr std::string_view kPhiToolsSigns[] = {"<|tool|>", "<|/tool|>"};
constexpr CallSyntax kPhiCalls[] = {{"<|tool_call|>", "<|/tool_call|>", kJson}, {"functools", "", kJson}};
constexpr std::string_view kGraniteSigns[] = {"<|tool_call|>"};
constexpr CallSyntax kGraniteCalls[] = {{"<|tool_call|>", "", kJson}};
constexpr std::string_view kFunctoolsSigns[] = {"functools"};
constexpr CallSyntax kFunctoolsCalls[] = {{"functools", "", kJson}};
constexpr std::string_view kNemotronSigns[] = {"<TOOLCALL>"};
constexpr CallSyntax kNemotronCalls[] = {{"<TOOLCALL>", "</TOOLCALL>", kJson}};
constexpr std::string_view kLfmSigns[] = {"<|tool_call_start|>"};
constexpr CallSyntax kLfmCalls[] = {{"<|tool_call_start|>", "<|tool_call_end|>", kPython}};
constexpr std::string_view kOlmoSigns[] = {"<function_calls>"};  // OLMo 3
constexpr CallSyntax kOlmoCalls[] = {{"<function_calls>", "</function_calls>", kPython}};
constexpr std::string_view kToolCodeSigns[] = {"tool_code"};  // Gemma 3
constexpr CallSyntax kToolCodeCalls[] = {{"```tool_code", "```", kPython}};

// Llama 3 and 4: an answer that is nothing but calls needs no marker; semicolons lie between them.
constexpr std::string_view kPythonTagSigns[] = {"<|python_tag|>"};
constexpr std::string_view kBareSigns[] = {"{\"name\": \"", "\"parameters\": "};
constexpr CallSyntax kLlamaCalls[] = {
    {"<|python_tag|>", "", kPython}, {"<function=", "</function>", kNamed}, {"", "", kJson}, {"; {", "", kJson, "{"}};
constexpr std::string_view kLlamaSilent[] = {"<|python_start|>", "<|python_end|>"};  // Llama 4, around some calls
// xLAM, and whoever else writes calls in JSON with nothing around them.
constexpr std::string_view kXlamSigns[] = {"{\"name\": \"", "\"arguments\": "};
constexpr CallSyntax kXlamCalls[] = {{"", "", kJson}};

// What says most comes first.
constexpr ToolSyntax kToolSyntaxes[] = {
    {"channels", kChannelSigns, kChannelCalls, kChannelSilent},
    {"deepseek", kDeepSeekSigns, kDeepSeekCalls, kDeepSeekSilent},
    {"dsml", kDsmlSigns, kDsmlCalls},
    {"kimi", kKimiSigns, kKimiCalls, kKimiSilent},
    {"gemma4", kGemma4Signs, kGemma4Calls},
    {"function_gemma", kFunctionGemmaSigns, kFunctionGemmaCalls},
    {"cohere", kCohereSigns, kCohereCalls, kCohereSilent},
    {"step", kStepSigns, kStepCalls, kStepSilent},
    {"glm", kGlmSigns, kGlmCalls},
    {"seed", kSeedSigns, kSeedCalls},
    {"minimax", kMiniMaxSigns, kMiniMaxCalls},
    {"qwen_coder", kCoderSigns, kCoderCalls, kCoderSilent},
    {"minicpm", kMiniCpmSigns, kMiniCpmCalls, kCoderSilent},
    {"hunyuan", kHunyuanSigns, kHunyuanCalls, kHunyuanSilent},
    {"ernie", kErnieSigns, kHermesCalls, kErnieSilent},
    {"hermes", kHermesSigns, kHermesCalls},
    {"tool_calls", kToolCallsSigns, kToolCallsCalls},
    {"internlm", kInternLmSigns, kInternLmCalls},
    {"apertus", kApertusSigns, kApertusCalls},
    {"gigachat", kGigaChatSigns, kGigaChatCalls, kGigaChatSilent},
    {"olmo", kOlmoSigns, kOlmoCalls},
    {"mistral", kMistralSigns, kMistralCalls},
    {"phi", kPhiSigns, kPhiCalls},
    {"phi", kPhiToolsSigns, kPhiCalls},
    {"granite", kGraniteSigns, kGraniteCalls},
    {"functools", kFunctoolsSigns, kFunctoolsCalls},
    {"nemotron", kNemotronSigns, kNemotronCalls},
    {"lfm", kLfmSigns, kLfmCalls},
    {"command_r", kCommandRSigns, kCommandRCalls},
    {"llama", kPythonTagSigns, kLlamaCalls, kLlamaSilent},
    {"llama", kBareSigns, kLlamaCalls, kLlamaSilent},
    {"tool_code", kToolCodeSigns, kToolCodeCalls},
    {"glm4", kGlm4Signs, kGlm4Calls, kGlm4Silent},
    {"xlam", kXlamSigns, kXlamCalls},
};

bool has(std::string_view text, std::string_view word) { return text.find(word) != text.npos; }

// Some templates only cut thoughts out of earlier answers, and so name the end alone.
bool writes_thoughts(std::string_view source, const ThinkingMarkers& markers) {
  const std::string_view channel = markers.open.substr(0, markers.open.find("<|message|>"));
  return has(source, channel) || (markers.close != "<|end|>" && has(source, markers.close));
}

bool ends_inside(std::string_view prompt, std::string_view open) {
  prompt = prompt.substr(0, prompt.find_last_not_of(" \t\r\n") + 1);
  return !open.empty() && prompt.ends_with(open);
}

}  // namespace

std::vector<std::string_view> markers_of(const ReplyFormat& format) {
  std::vector<std::string_view> markers(format.silent.begin(), format.silent.end());
  markers.insert(markers.end(), {format.thinking.open, format.thinking.close});
  for (const CallSyntax& call : format.calls) markers.insert(markers.end(), {call.open, call.close});
  std::erase(markers, "");
  return markers;
}

ReplyFormat choose_reply_format(std::string_view template_source) {
  ReplyFormat format;
  for (const ThinkingMarkers& markers : kThinkingMarkers) {
    if (!writes_thoughts(template_source, markers)) continue;
    format.thinking = markers;
    break;
  }
  for (const ToolSyntax& syntax : kToolSyntaxes) {
    const auto is_there = [&](std::string_view sign) { return has(template_source, sign); };
    if (!std::all_of(syntax.signs.begin(), syntax.signs.end(), is_there)) continue;
    format.name = syntax.name;
    format.calls = syntax.calls;
    format.silent = syntax.silent;
    break;
  }
  return format;
}

ReplyFormat behind_prompt(ReplyFormat format, std::string_view prompt) {
  format.begins_in_thinking = ends_inside(prompt, format.thinking.open);
  return format;
}

}  // namespace tenfold
