// What every function of the interpreter shares during one rendering. Belongs to one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "jinja/budget.h"
#include "jinja/heap.h"

namespace tenfold::jinja {

struct Runtime {
  Runtime(const Limits& limits, std::int64_t now, const std::atomic<bool>* cancel)
      : budget(limits, cancel), heap(budget), now_s(now) {}

  Budget budget;
  Heap heap;
  const std::int64_t now_s;  // seconds since 1970 in UTC, for strftime_now
};

// Pays for looking for one text in another, once through.
inline Status pay_for_search(Budget& budget, std::size_t text_bytes, std::size_t wanted_bytes) {
  TENFOLD_RETURN_IF_ERROR(budget.work(2 * text_bytes + wanted_bytes));
  return budget.reserve(text_bytes + 9 * std::min(text_bytes, wanted_bytes));
}

}  // namespace tenfold::jinja
