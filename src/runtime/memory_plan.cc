#include "runtime/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "base/contracts.h"

namespace tenfold {

namespace {

bool alive_together(const ValueLife& a, const ValueLife& b) {
  return a.first_use <= b.last_use && b.first_use <= a.last_use;
}

struct Placed {
  std::size_t begin, end;
};

// The lowest offset at which n_bytes fit between `taken`, which is sorted by begin.
std::size_t lowest_gap(const std::vector<Placed>& taken, std::size_t n_bytes) {
  std::size_t at = 0;
  for (const Placed& p : taken) {
    if (at + n_bytes <= p.begin) break;
    at = std::max(at, p.end);
  }
  return at;
}

}  // namespace

MemoryPlan plan_memory(std::span<const ValueLife> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return values[a].n_bytes != values[b].n_bytes ? values[a].n_bytes > values[b].n_bytes : a < b;
  });

  MemoryPlan plan;
  plan.offsets.resize(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const ValueLife& value = values[order[i]];
    TENFOLD_DCHECK(value.first_use <= value.last_use);
    std::vector<Placed> taken;
    for (std::size_t j = 0; j < i; ++j) {
      const ValueLife& other = values[order[j]];
      if (!alive_together(value, other)) continue;
      taken.push_back({plan.offsets[order[j]], plan.offsets[order[j]] + align_64(other.n_bytes)});
    }
    std::sort(taken.begin(), taken.end(), [](const Placed& a, const Placed& b) { return a.begin < b.begin; });
    const std::size_t n_bytes = align_64(value.n_bytes);
    plan.offsets[order[i]] = lowest_gap(taken, n_bytes);
    plan.n_bytes = std::max(plan.n_bytes, plan.offsets[order[i]] + n_bytes);
  }
  return plan;
}

}  // namespace tenfold
