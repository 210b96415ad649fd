// Several calls of tools in one message, for templates that show one a message.
#pragma once

#include "base/json.h"

namespace tenfold {

// In place. Each call becomes a message of its own with its results behind it: by their tool_call_id, else in order.
// messages: a list of objects whose tool_calls are lists.
void part_parallel_calls(Json& messages);

}  // namespace tenfold
