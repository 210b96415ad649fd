#include "chat/reply_open_string.h"

#include <algorithm>

namespace tenfold {

// Around one kind of strings.
struct CallQuotes {
  std::string_view open, close;
  std::string_view before, behind;  // the significant bytes that may stand there
  bool are_between_tags = false;
};

namespace {

bool stands_in(std::string_view set, char c) { return set.find(c) != set.npos; }

constexpr std::string_view kSpaceInCall = " \t\r\n";
constexpr std::string_view kBeforeString = "{[(,:=", kBehindString = ",:;=}])";
constexpr std::size_t kMaxQuoteBytes = 9;

// Gemma has markers for quotes; nothing is escaped between them. Of those of a grammar no two begin alike but for a
// byte.
constexpr CallQuotes kQuotes[] = {
    {"\"", "\"", kBeforeString, kBehindString},
    {"'", "'", kBeforeString, kBehindString},
    {"<|\"|>", "<|\"|>", kBeforeString, kBehindString},
    {"<escape>", "<escape>", kBeforeString, kBehindString},
    {"<![CDATA[", "]]>", ">", "<", true},
};

}  // namespace

void ReplyOpenString::take(char c) {
  switch (state_) {
    case State::kOutside: return take_outside(c);
    case State::kInside: return take_inside(c);
    case State::kEscape: state_ = State::kInside; return;
    case State::kBehind: return take_behind(c);
    case State::kBroken: return;
  }
}

void ReplyOpenString::take_outside(char c) {
  begun_ += c;
  const auto begins_so = [&](const CallQuotes& quotes) {
    return quotes.are_between_tags == is_tagged_ && quotes.open.starts_with(begun_);
  };
  const auto* quotes = std::find_if(std::begin(kQuotes), std::end(kQuotes), begins_so);
  if (quotes != std::end(kQuotes)) {
    if (begun_.size() == quotes->open.size()) open(*quotes);
    return;
  }
  const bool is_first = begun_.size() == 1;
  begun_.clear();
  if (!is_first) {
    last_ = '<';
    return take_outside(c);
  }
  // Raw text begins where its value does, white space included.
  if (is_tagged_ || !stands_in(kSpaceInCall, c)) last_ = c;
}

// Between tags, what is out of place is text.
void ReplyOpenString::open(const CallQuotes& quotes) {
  begun_.clear();
  tail_.clear();
  quotes_ = &quotes;
  if (stands_in(quotes.before, last_)) {
    state_ = State::kInside;
  } else if (!is_tagged_) {
    state_ = State::kBroken;
  }
  last_ = quotes.open.back();
}

void ReplyOpenString::take_inside(char c) {
  if (c == '\\' && quotes_->close.size() == 1) {
    state_ = State::kEscape;
    return;
  }
  tail_ += c;
  if (tail_.size() > kMaxQuoteBytes) tail_.erase(0, 1);
  // A string that began anew has lost its end.
  if (tail_.ends_with(quotes_->open)) state_ = State::kBroken;
  if (tail_.ends_with(quotes_->close)) state_ = State::kBehind;
}

void ReplyOpenString::take_behind(char c) {
  if (stands_in(kSpaceInCall, c)) return;
  const bool goes_on = stands_in(quotes_->behind, c);
  state_ = goes_on ? State::kOutside : State::kBroken;
  last_ = c;
}

}  // namespace tenfold
