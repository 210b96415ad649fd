#include "runtime/memory_plan.h"

#include <gtest/gtest.h>

#include <random>

namespace tenfold {
namespace {

void expect_no_overlap(const std::vector<ValueLife>& values, const MemoryPlan& plan) {
  for (std::size_t a = 0; a < values.size(); ++a) {
    EXPECT_EQ(plan.offsets[a] % 64, 0u);
    EXPECT_LE(plan.offsets[a] + values[a].n_bytes, plan.n_bytes);
    for (std::size_t b = 0; b < a; ++b) {
      const bool together = values[a].first_use <= values[b].last_use && values[b].first_use <= values[a].last_use;
      const bool apart = plan.offsets[a] + values[a].n_bytes <= plan.offsets[b] ||
                         plan.offsets[b] + values[b].n_bytes <= plan.offsets[a];
      EXPECT_TRUE(!together || apart) << a << " and " << b;
    }
  }
}

TEST(MemoryPlan, ReusesBytesOfDeadValues) {
  const std::vector<ValueLife> chain = {{640, 0, 1}, {640, 1, 2}, {640, 2, 3}, {640, 3, 4}};
  const MemoryPlan plan = plan_memory(chain);
  expect_no_overlap(chain, plan);
  EXPECT_EQ(plan.n_bytes, 1280u);
}

TEST(MemoryPlan, NeverOverlapsWhatIsAliveTogether) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<ValueLife> values(1 + random() % 30);
    for (ValueLife& v : values) {
      v.n_bytes = random() % 5000;
      v.first_use = static_cast<int>(random() % 20);
      v.last_use = v.first_use + static_cast<int>(random() % 8);
    }
    expect_no_overlap(values, plan_memory(values));
  }
}

TEST(MemoryPlan, EmptyIsEmpty) { EXPECT_EQ(plan_memory({}).n_bytes, 0u); }

}  // namespace
}  // namespace tenfold
