// A stable sort whose comparison may fail, for Python's sorted().
#pragma once

#include <cstddef>
#include <vector>

#include "jinja/runtime.h"
#include "jinja/value.h"

namespace tenfold::jinja {

enum class SortDirection { kAscending, kDescending };

// The indices of `keys` in sorted order; equal keys keep their order in both directions.
// Errors: kInvalidArgument for keys without an order.
Result<std::vector<std::size_t>> sorted_order(Runtime& rt, const std::vector<Value>& keys, SortDirection direction);

}  // namespace tenfold::jinja
