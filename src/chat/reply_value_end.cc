#include "chat/reply_value_end.h"

#include <string_view>

namespace tenfold {

namespace {

bool is_one_of(char c, std::string_view set) { return set.find(c) != set.npos; }

constexpr std::string_view kBlank = " \t\r\n";

}  // namespace

bool ReplyValueEnd::take(char c) {
  switch (state_) {
    case State::kBefore:
      if (is_one_of(c, kBlank)) return false;
      state_ = is_one_of(c, "{[(") ? State::kInside : State::kName;
      return state_ == State::kInside && take_inside(c);
    case State::kName:
      if (!is_one_of(c, "{(")) return false;
      state_ = State::kInside;
      return take_inside(c);
    case State::kInside: return take_inside(c);
    case State::kString:
      if (c == '\\') state_ = State::kEscape;
      if (c == quote_) state_ = State::kBehindQuote;
      return false;
    case State::kEscape: state_ = State::kString; return false;
    case State::kBehindQuote:
      // A quote that nobody escaped is followed by more of the string.
      if (is_one_of(c, kBlank)) return false;
      state_ = is_one_of(c, ",:;=\"'") || is_one_of(c, open_) ? State::kInside : State::kString;
      if (state_ == State::kInside) return take_inside(c);
      if (c == '\\') state_ = State::kEscape;
      return false;
  }
  return false;
}

bool ReplyValueEnd::take_inside(char c) {
  if (is_one_of(c, kBlank)) return false;
  if (is_one_of(c, "\"'") && is_one_of(last_, "{[(,:;=\"'")) {
    state_ = State::kString;
    quote_ = c;
  } else if (is_one_of(c, "{[(")) {
    if (open_.size() < kMaxDepth) open_ += c == '{' ? '}' : c == '[' ? ']' : ')';
  } else if (is_one_of(c, "}])")) {
    // As where the value is read: what is still open inside closes, too.
    const std::size_t level = open_.rfind(c);
    if (level != open_.npos) open_.resize(level);
  }
  last_ = c;
  return open_.empty();
}

}  // namespace tenfold
