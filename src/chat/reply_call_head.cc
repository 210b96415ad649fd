#include "chat/reply_call_head.h"

#include <algorithm>

#include "base/contracts.h"
#include "chat/reply_tag_words.h"

namespace tenfold {

namespace {

constexpr std::string_view kBetweenHeadWords = " \t\r\n`";
constexpr std::string_view kBrackets = "{[(<";

bool has_byte(std::string_view set, char c) { return set.find(c) != set.npos; }

bool one_begins_with_other(std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); }

// Words between white space and fences, but for the language behind a fence.
std::size_t count_words(std::string_view text) {
  std::size_t n_words = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins_word =
        !has_byte(kBetweenHeadWords, text[at]) && (at == 0 || has_byte(kBetweenHeadWords, text[at - 1]));
    if (begins_word && !text.substr(0, at).ends_with("```")) ++n_words;
  }
  return n_words;
}

// Whether it ends where a key of a call in tags begins, or where such a call ends.
bool ends_with_key_tag(std::string_view text) {
  return std::any_of(kTagWords.begin(), kTagWords.end(), [&](const TagWords& words) {
    return text.ends_with(words.before_key) || text.ends_with(words.after_call);
  });
}

// A name may stand before the first key of one of them alone.
CallHead read_tags(std::string_view tags, std::size_t n_words, std::string_view close) {
  bool may_be = !close.empty() && one_begins_with_other(tags, close);
  for (const TagWords& words : kTagWords) {
    const std::string_view first = n_words == 0 ? words.before_name : words.before_name.empty() ? words.before_key : "";
    if (first.empty() || !one_begins_with_other(tags, first)) continue;
    if (ends_with_key_tag(tags)) return CallHead::kBegun;
    may_be = true;
  }
  return may_be ? CallHead::kOpen : CallHead::kProse;
}

// [f( or f(
bool begins_python_call(std::string_view head) {
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n`["), head.size()));
  return head.size() > 1 && head.ends_with('(') && head.find_first_of(" \t\r\n`<[(") == head.size() - 1;
}

// Where words of the family, in brackets or not, stand around the name.
CallHead read_named_head(std::string_view head) {
  const bool has_begun = head.ends_with('{') || begins_python_call(head) || ends_with_key_tag(head);
  return has_begun ? CallHead::kBegun : CallHead::kOpen;
}

// Where nothing but one word, of a call in tags or Python, may stand before the value, or none.
CallHead read_bare_head(std::string_view head, std::size_t n_allowed_words, std::string_view close) {
  const std::size_t end = std::min(head.find_first_of(kBrackets), head.size());
  const std::string_view before = head.substr(0, end);
  const std::size_t n_words = count_words(before);
  if (n_words > n_allowed_words) return CallHead::kProse;
  if (end == head.size()) return CallHead::kOpen;
  const bool is_behind_word = n_words > 0 && !has_byte(kBetweenHeadWords, before.back());
  switch (head[end]) {
    case '{': return CallHead::kBegun;
    case '[': return n_words == 0 ? CallHead::kBegun : CallHead::kProse;
    case '(': return is_behind_word ? CallHead::kBegun : CallHead::kProse;
    default: return read_tags(head.substr(end), n_words, close);
  }
}

}  // namespace

CallHead read_call_head(std::string_view body, const CallSyntax& syntax) {
  TENFOLD_DCHECK(!body.empty() && one_begins_with_other(body, syntax.kept_open));
  const std::string_view behind_open = body.substr(std::min(syntax.kept_open.size(), body.size()));
  if (behind_open.ends_with(syntax.open) || body.size() > kMaxCallHeadBytes) return CallHead::kProse;
  switch (syntax.grammar) {
    case CallGrammar::kNamed: return read_named_head(body);
    case CallGrammar::kJson:
    case CallGrammar::kKeyed: return read_bare_head(body, 0, syntax.close);
    case CallGrammar::kTagged:
    case CallGrammar::kPython: return read_bare_head(body, 1, syntax.close);
  }
  return CallHead::kProse;
}

}  // namespace tenfold
