#include "chat/reply_open_string.h"

#include <algorithm>

namespace tenfold {

namespace {

// Gemma has markers for quotes; nothing is escaped between them. Of all of these no two begin alike but for a byte.
constexpr std::string_view kQuotes[] = {"\"", "'", "<|\"|>", "<escape>"};

bool stands_in(std::string_view set, char c) { return set.find(c) != set.npos; }

constexpr std::string_view kSpaceInCall = " \t\r\n";

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
  const auto begins_so = [&](std::string_view quote) { return quote.starts_with(begun_); };
  const auto* quote = std::find_if(std::begin(kQuotes), std::end(kQuotes), begins_so);
  if (quote != std::end(kQuotes)) {
    if (begun_.size() == quote->size()) open(*quote);
    return;
  }
  const bool is_first = begun_.size() == 1;
  begun_.clear();
  if (!is_first) {
    last_ = '<';
    return take_outside(c);
  }
  if (!stands_in(kSpaceInCall, c)) last_ = c;
}

void ReplyOpenString::open(std::string_view quote) {
  begun_.clear();
  quote_ = quote;
  state_ = stands_in("{[(,:=", last_) ? State::kInside : State::kBroken;
}

void ReplyOpenString::take_inside(char c) {
  if (c == '\\' && quote_.size() == 1) {
    state_ = State::kEscape;
    return;
  }
  const bool goes_on = c == quote_[n_closing_];
  n_closing_ = goes_on ? n_closing_ + 1 : c == quote_[0] ? 1 : 0;
  if (n_closing_ < quote_.size()) return;
  n_closing_ = 0;
  state_ = State::kBehind;
}

void ReplyOpenString::take_behind(char c) {
  if (stands_in(kSpaceInCall, c)) return;
  state_ = stands_in(",:;=}])", c) ? State::kOutside : State::kBroken;
  last_ = c;
}

}  // namespace tenfold
