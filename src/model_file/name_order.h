// Look-up by name in a list that keeps its own order: indices sorted by name. Sorting, not hashing: names come from
// outside, and nobody can choose them so that n of them cost n² steps. Below, `order` is order_by_name() of the items.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/contracts.h"

namespace tenfold {

template <typename T>
std::vector<std::uint32_t> order_by_name(std::span<const T> items, std::string T::* name) {
  std::vector<std::uint32_t> order(items.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int by_name = (items[a].*name).compare(items[b].*name);
    return by_name != 0 ? by_name < 0 : a < b;
  });
  return order;
}

// The first item with this name, or null.
template <typename T>
const T* find_by_name(std::span<const T> items, std::span<const std::uint32_t> order, std::string T::* name,
                      std::string_view wanted) noexcept {
  TENFOLD_DCHECK(order.size() == items.size());
  const auto less = [&](std::uint32_t a, std::string_view b) { return items[a].*name < b; };
  const auto at = std::lower_bound(order.begin(), order.end(), wanted, less);
  return at != order.end() && items[*at].*name == wanted ? &items[*at] : nullptr;
}

// An item whose name an earlier one has, or null.
template <typename T>
const T* find_duplicate(std::span<const T> items, std::span<const std::uint32_t> order,
                        std::string T::* name) noexcept {
  TENFOLD_DCHECK(order.size() == items.size());
  const auto same = [&](std::uint32_t a, std::uint32_t b) { return items[a].*name == items[b].*name; };
  const auto at = std::adjacent_find(order.begin(), order.end(), same);
  return at == order.end() ? nullptr : &items[*(at + 1)];
}

}  // namespace tenfold
