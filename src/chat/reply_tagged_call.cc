// Calls whose names, keys and values stand between tags. Values are text that nobody escaped.
#include <algorithm>

#include "chat/reply_call.h"
#include "chat/reply_tag_words.h"
#include "chat/reply_tool_types.h"

namespace tenfold {

namespace {

constexpr std::string_view kTagSpace = " \t\r\n";

std::string_view trimmed_text(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kTagSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kTagSpace) + 1);
}

// Templates put values on lines of their own.
std::string_view without_line_ends(std::string_view text) {
  if (text.starts_with('\n')) text.remove_prefix(1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

class TaggedReader {
 public:
  TaggedReader(std::string_view body, const TagWords& words, const Json& tools)
      : rest_(body), words_(words), tools_(tools) {}

  ToolCalls run() {
    ToolCalls calls;
    while (!trimmed_text(rest_).empty()) {
      std::optional<ToolCall> call = one_call();
      if (!call) return {};
      calls.push_back(*std::move(call));
    }
    return calls;
  }

 private:
  std::optional<ToolCall> one_call() {
    const std::optional<std::string_view> name = words_.before_name.empty() ? name_at_begin() : name_between();
    if (!name) return std::nullopt;
    Json arguments = Json::object();
    for (skip_space(); take(words_.before_key); skip_space()) {
      const std::optional<std::string_view> key = take_until(words_.after_key);
      const std::optional<std::string_view> attributes = take_until(words_.before_value);
      const std::optional<std::string_view> value = take_value();
      if (!key || !attributes || !value) return std::nullopt;
      const std::string_view text = without_line_ends(*value), parameter = trimmed_text(*key);
      const bool is_text = attributes->find("string=\"true\"") != attributes->npos;
      arguments.append(std::string(parameter), is_text ? Json(text) : value_of_text(text, *name, parameter, tools_));
    }
    take(words_.after_call);
    // A key that comes twice keeps the later value.
    Result<Json> unique = parse_json(arguments.dump());
    return unique.ok() ? make_call(*name, {}, *std::move(unique), tools_) : std::nullopt;
  }

  std::optional<std::string_view> name_between() {
    skip_space();
    if (!take(words_.before_name)) return std::nullopt;
    const std::optional<std::string_view> name = take_until(words_.after_name);
    if (words_.before_value == ">") take_until(">");
    return name;
  }

  // What stands before the first key, or all there is.
  std::optional<std::string_view> name_at_begin() {
    const std::size_t end = std::min(rest_.find(words_.after_name), rest_.size());
    const std::string_view name = trimmed_text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }

  // Up to its own end or, if that was forgotten, to where the next key or the end of the call is.
  std::optional<std::string_view> take_value() {
    if (!words_.before_raw.empty() && take(words_.before_raw)) {
      const std::optional<std::string_view> raw = take_until(words_.after_raw);
      take(words_.after_value);
      return raw;
    }
    for (std::size_t at = rest_.find('<'); at != rest_.npos; at = rest_.find('<', at + 1)) {
      const std::string_view tag = rest_.substr(at);
      const bool is_end = tag.starts_with(words_.after_value);
      if (!is_end && !tag.starts_with(words_.before_key) && !tag.starts_with(words_.after_call)) continue;
      const std::string_view value = rest_.substr(0, at);
      rest_.remove_prefix(at + (is_end ? words_.after_value.size() : 0));
      return value;
    }
    return std::nullopt;
  }

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::optional<std::string_view> take_until(std::string_view word) {
    const std::size_t end = rest_.find(word);
    if (end == rest_.npos) return std::nullopt;
    const std::string_view taken = rest_.substr(0, end);
    rest_.remove_prefix(end + word.size());
    return taken;
  }

  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kTagSpace), rest_.size())); }

  std::string_view rest_;
  const TagWords& words_;
  const Json& tools_;
};

}  // namespace

ToolCalls read_tagged_calls(std::string_view body, const Json& tools) {
  body = trimmed_text(body);
  for (const TagWords& words : kTagWords) {
    if (body.starts_with(words.before_name)) return TaggedReader(body, words, tools).run();
  }
  return {};
}

}  // namespace tenfold
