// What every function of the interpreter shares during one rendering. Belongs to one thread.
#pragma once

#include <cstdint>

#include "tokenizer/chat_template/budget.h"
#include "tokenizer/chat_template/heap.h"

namespace tenfold::jinja {

struct Runtime {
  Runtime(const ChatTemplateLimits& limits, std::int64_t now) : budget(limits), heap(budget), now_s(now) {}

  Budget budget;
  Heap heap;
  const std::int64_t now_s;  // seconds since 1970 in UTC, for strftime_now
};

}  // namespace tenfold::jinja
