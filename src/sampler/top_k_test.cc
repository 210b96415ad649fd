#include "sampler/top_k.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "sampler/logits_testing.h"

namespace tenfold {
namespace {

std::vector<TokenId> sorted_top_k(const std::vector<float>& logits, std::size_t k) {
  std::vector<TokenId> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto logit = [&](TokenId id) { return logits[static_cast<std::size_t>(id)]; };
  std::sort(order.begin(), order.end(),
            [&](TokenId a, TokenId b) { return logit(a) != logit(b) ? logit(a) > logit(b) : a < b; });
  order.resize(k);
  std::sort(order.begin(), order.end());
  return order;
}

TEST(TopK, SameAsAFullSort) {
  for (const LogitShape shape : kAllLogitShapes) {
    for (const std::size_t n : {1U, 2U, 63U, 64U, 65U, 200U, 1000U, 5003U}) {
      const std::vector<float> logits = make_logits(shape, n, n);
      for (const int k : {1, 2, 3, 15, 40, 64, 77, 999, 5002}) {
        if (static_cast<std::size_t>(k) >= n) continue;
        Candidates c(n);
        c.n = n;
        c.scores = logits;
        keep_top_k(c, k);
        ASSERT_EQ(ids_of(c), sorted_top_k(logits, static_cast<std::size_t>(k)))
            << "shape " << static_cast<int>(shape) << " n " << n << " k " << k;
        for (std::size_t i = 0; i < c.n; ++i) ASSERT_EQ(c.scores[i], logits[static_cast<std::size_t>(c.ids[i])]);
      }
    }
  }
}

TEST(TopK, OffKeepsAll) {
  for (const int k : {0, 100, 101, 1 << 30}) {
    Candidates c(100);
    c.n = 100;
    keep_top_k(c, k);
    ASSERT_EQ(c.n, 100U);
    for (TokenId id = 0; id < 100; ++id) EXPECT_EQ(c.ids[static_cast<std::size_t>(id)], id);
  }
}

}  // namespace
}  // namespace tenfold
