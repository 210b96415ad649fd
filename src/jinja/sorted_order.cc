#include "jinja/sorted_order.h"

#include <algorithm>

#include "jinja/compare.h"

namespace tenfold::jinja {

// A bottom-up merge sort of our own: std::stable_sort cannot be stopped and may misbehave when NaN breaks the order.
Result<std::vector<std::size_t>> sorted_order(Runtime& rt, const std::vector<Value>& keys, SortDirection direction) {
  const bool descending = direction == SortDirection::kDescending;
  std::vector<std::size_t> order(keys.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::vector<std::size_t> merged(keys.size());
  for (std::size_t width = 1; width < keys.size(); width *= 2) {
    for (std::size_t begin = 0; begin < keys.size(); begin += 2 * width) {
      const std::size_t middle = std::min(begin + width, keys.size());
      const std::size_t end = std::min(begin + 2 * width, keys.size());
      std::size_t left = begin;
      std::size_t right = middle;
      for (std::size_t out = begin; out < end; ++out) {
        bool take_right = left == middle;
        if (!take_right && right < end) {
          const Value& a = keys[descending ? order[left] : order[right]];
          const Value& b = keys[descending ? order[right] : order[left]];
          TENFOLD_ASSIGN_OR_RETURN(take_right, ordered(rt, Order::kLess, a, b));
        }
        merged[out] = order[take_right ? right++ : left++];
      }
    }
    order.swap(merged);
  }
  return order;
}

}  // namespace tenfold::jinja
