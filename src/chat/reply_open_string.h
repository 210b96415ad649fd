// Tells byte by byte whether the text of a call breaks off within a string: a closing marker that stands there is
// something that the call says.
//
// Only strings count that are properly open. A quote where no string begins or ends, such as one that nobody escaped,
// makes it doubtful what is inside of one; from there on nothing is. Between tags quotes are text like any other; there
// <![CDATA[ and ]]> are around a string. One thread; constant memory and time a byte.
#pragma once

#include <string>
#include <string_view>

#include "chat/reply_call.h"

namespace tenfold {

struct CallQuotes;

class ReplyOpenString {
 public:
  explicit ReplyOpenString(CallGrammar grammar = CallGrammar::kJson) : is_tagged_(grammar == CallGrammar::kTagged) {}

  void take(char c);

  [[nodiscard]] bool is_open() const { return state_ == State::kInside || state_ == State::kEscape; }
  // Whether a quote stood where none belongs.
  [[nodiscard]] bool is_broken() const { return state_ == State::kBroken; }

 private:
  enum class State { kOutside, kInside, kEscape, kBehind, kBroken };

  void take_outside(char c);
  void open(const CallQuotes& quotes);
  void take_inside(char c);
  void take_behind(char c);

  bool is_tagged_;
  State state_ = State::kOutside;
  char last_ = 0;                       // significant byte outside, which says whether a string may begin
  std::string begun_;                   // the beginning of what may be a quote
  const CallQuotes* quotes_ = nullptr;  // around the string
  std::string tail_;                    // of the string, in which its closing quote is found
};

}  // namespace tenfold
