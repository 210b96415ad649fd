// Tells byte by byte whether the text of a call breaks off within a string: a closing marker that stands there is
// something that the call says.
//
// Only strings count that are properly open. A quote where no string begins or ends, such as one that nobody escaped,
// makes it doubtful what is inside of one; from there on nothing is. One thread; constant memory and time a byte.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenfold {

class ReplyOpenString {
 public:
  void take(char c);

  [[nodiscard]] bool is_open() const { return state_ == State::kInside || state_ == State::kEscape; }
  // Whether a quote stood where none belongs.
  [[nodiscard]] bool is_broken() const { return state_ == State::kBroken; }

 private:
  enum class State { kOutside, kInside, kEscape, kBehind, kBroken };

  void take_outside(char c);
  void open(std::string_view quote);
  void take_inside(char c);
  void take_behind(char c);

  State state_ = State::kOutside;
  char last_ = 0;              // significant byte outside, which says whether a string may begin
  std::string begun_;          // the beginning of what may be a quote
  std::string_view quote_;     // around the string
  std::size_t n_closing_ = 0;  // bytes of it that the string ends with so far
};

}  // namespace tenfold
