// Tells a call from prose about its opening marker, by what stands between the marker and the first value.
//
// What no call of the grammar begins with is prose, and so is a marker behind which the same one comes again: then the
// later one may be meant. Of tags in markers of another grammar only those count that a call may begin with. Pure
// function, thread-safe. Time is proportional to the head, which is short.
#pragma once

#include <cstddef>
#include <string_view>

#include "chat/reply_format.h"

namespace tenfold {

// A name with the family's words around it, a fence, white space. What is longer is prose.
inline constexpr std::size_t kMaxCallHeadBytes = 512;

enum class CallHead {
  kOpen,   // more of it is to come
  kBegun,  // the value has begun
  kProse,
};

// Asked for each byte of a body until it is not open. `body` begins with what the syntax keeps of its marker.
CallHead read_call_head(std::string_view body, const CallSyntax& syntax);

}  // namespace tenfold
