// name{…}: the name of a call, markers and words of the family, then the arguments.
//
//   get_weather[CALL_ID]abc123def[ARGS]{…}          Mistral
//   function<｜tool▁sep｜>get_weather\n```json\n{…}    DeepSeek V3; V3.1 has the name before the separator
//   functions.get_weather:0<|tool_call_argument_begin|>{…}      Kimi
//   functions.get_weather <|constrain|>json<|message|>{…}       gpt-oss
//   call:get_weather{…}                             Gemma
//   get_weather>{…}                                 Llama, behind <function=
//   get_weather\n{…}                                GLM-4; Hunyuan with a fence
#include <algorithm>

#include "chat/reply_call.h"
#include "chat/reply_loose_json.h"

namespace tenfold {

namespace {

constexpr std::size_t kMaxNamedHeadBytes = 1024;

// The words of a head: what stands between white space, fences and markers, each with the marker before it.
struct HeadWord {
  std::string_view marker;
  std::string_view text;
};

std::vector<HeadWord> head_words(std::string_view head) {
  std::vector<HeadWord> words;
  std::string_view marker;
  while (!head.empty()) {
    const char c = head[0];
    if (c == '<' || c == '[') {
      const std::size_t end = std::min(head.find(c == '<' ? '>' : ']'), head.size() - 1) + 1;
      marker = head.substr(0, end);
      head.remove_prefix(end);
      continue;
    }
    const std::size_t n_bytes = std::min(head.find_first_of("<[> \t\r\n`"), head.size());
    if (n_bytes > 0) words.push_back({marker, head.substr(0, n_bytes)});
    if (n_bytes > 0) marker = {};
    head.remove_prefix(n_bytes > 0 ? n_bytes : 1);
  }
  return words;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct NamedHead {
  std::string_view name, id;
};

NamedHead read_head(std::string_view text) {
  std::vector<HeadWord> words = head_words(text);
  // DeepSeek says what kind of tool it is, and there is but one kind.
  if (words.size() > 1 && words[0].text == "function") words.erase(words.begin());
  if (words.empty()) return {};
  NamedHead head{words[0].text, {}};
  for (const HeadWord& word : words) {
    if (word.marker == "[CALL_ID]") head.id = word.text;
  }
  if (head.name.starts_with("call:")) head.name.remove_prefix(5);
  const std::size_t colon = head.name.rfind(':');
  if (colon != head.name.npos && is_number(head.name.substr(colon + 1))) {
    head.id = head.name;  // Kimi's ids are the name with a running number
    head.name = head.name.substr(0, colon);
  }
  if (head.name.starts_with("functions.")) head.name.remove_prefix(10);
  return head;
}

}  // namespace

ToolCalls read_named_call(std::string_view body, const Json& tools) {
  const std::size_t arguments_at = body.substr(0, kMaxNamedHeadBytes).find('{');
  if (arguments_at == body.npos) return {};
  const NamedHead head = read_head(body.substr(0, arguments_at));
  const std::optional<Json> values = read_loose_json(without_fence(body.substr(arguments_at)));
  if (!values || values->size() != 1) return {};
  std::optional<ToolCall> call = make_call(head.name, head.id, *values->begin(), tools);
  if (!call) return {};
  return {*std::move(call)};
}

}  // namespace tenfold
