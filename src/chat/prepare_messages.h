// What Hugging Face Transformers does to messages before a template sees them.
#pragma once

#include "base/json.h"

namespace tenfold {

// Keys whose value is null are dropped, and reasoning that came under one of its names (reasoning_content, thinking,
// reasoning, or a part of the content) is offered as reasoning_content and thinking. Messages that are no objects stay
// as they are.
Json prepare_messages(Json messages);

}  // namespace tenfold
