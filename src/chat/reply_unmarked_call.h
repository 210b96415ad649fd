// Tells a call that no marker announces from an answer that merely begins with a bracket or with the name of a tool.
// Pure function, thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/json.h"
#include "chat/reply_call.h"

namespace tenfold {

// Whether an answer that begins so, with one byte or more, may be one: in kNamed a line with the name of an offered
// tool and then an object, else an object of name and parameters, a list of such, or a list of Python calls. Asked for
// each of its first kUnmarkedCallBytes bytes; what may be a call then is taken for one.
inline constexpr std::size_t kUnmarkedCallBytes = 96;
bool may_be_unmarked_call(std::string_view begin, CallGrammar grammar, const Json& tools);

}  // namespace tenfold
