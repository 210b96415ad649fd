// Tells a call that no marker announces from an answer that merely begins with a bracket. Pure function, thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

namespace tenfold {

// Whether an answer that begins so may be an object of name and parameters, a list of such, or a list of Python calls.
// Asked for each of its first kUnmarkedCallBytes bytes; what may be a call then is taken for one.
inline constexpr std::size_t kUnmarkedCallBytes = 96;
bool may_be_unmarked_call(std::string_view begin);

}  // namespace tenfold
