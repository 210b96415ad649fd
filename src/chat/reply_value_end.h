// Finds where a value in brackets ends, byte by byte: for calls that have no closing marker.
//
// Brackets beyond the depth that is read are not counted. One thread; constant memory and time a byte.
#pragma once

#include <cstddef>
#include <string>

namespace tenfold {

class ReplyValueEnd {
 public:
  // Whether `c` is the last byte of the value. A name may stand before the value; brackets that follow it are markers
  // of the family, as in name[ARGS]{…}, but for { and (.
  bool take(char c);

 private:
  static constexpr std::size_t kMaxDepth = 64;

  enum class State { kBefore, kName, kInside, kString, kEscape, kBehindQuote };

  bool take_inside(char c);

  State state_ = State::kBefore;
  char quote_ = 0;
  char last_ = 0;     // significant byte inside, which says whether a quote may open a string
  std::string open_;  // what closes each open bracket
};

}  // namespace tenfold
