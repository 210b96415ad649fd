#include "sampler/top_p.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "sampler/logits_testing.h"

namespace tenfold {
namespace {

std::vector<TokenId> sorted_top_p(const Candidates& c, float top_p) {
  std::vector<std::size_t> order(c.n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return c.scores[a] != c.scores[b] ? c.scores[a] > c.scores[b] : a < b;
  });
  double total = 0;
  for (std::size_t i = 0; i < c.n; ++i) total += c.weights[i];
  std::vector<TokenId> kept;
  double weight = 0;
  for (const std::size_t i : order) {
    if (!kept.empty() && weight >= top_p * total) break;
    kept.push_back(c.ids[i]);
    weight += c.weights[i];
  }
  std::sort(kept.begin(), kept.end());
  return kept;
}

TEST(TopP, SameAsAFullSort) {
  for (const LogitShape shape : kAllLogitShapes) {
    for (const std::size_t n : {1U, 2U, 7U, 100U, 3001U}) {
      for (std::uint64_t seed = 0; seed < 5; ++seed) {
        for (const float p : {0.0F, 0.001F, 0.25F, 0.5F, 0.9F, 0.95F, 0.9999F}) {
          for (const float temperature : {0.3F, 1.0F, 5.0F}) {
            Candidates c = make_candidates(make_logits(shape, n, seed), temperature);
            const std::vector<TokenId> expected = sorted_top_p(c, p);
            keep_top_p(c, p);
            ASSERT_EQ(ids_of(c), expected) << "shape " << static_cast<int>(shape) << " n " << n << " p " << p;
          }
        }
      }
    }
  }
}

// Four equal weights: the borders are exact.
TEST(TopP, ExactBorders) {
  for (const auto& [p, n] :
       {std::pair{0.0F, 1U}, {0.25F, 1U}, {0.2500001F, 2U}, {0.5F, 2U}, {0.75F, 3U}, {0.76F, 4U}}) {
    Candidates c = make_candidates({2, 2, 2, 2}, 1);
    keep_top_p(c, p);
    EXPECT_EQ(c.n, n) << p;
    EXPECT_EQ(c.ids[0], 0);
  }
}

TEST(TopP, OffKeepsAll) {
  Candidates c = make_candidates({0, -50, -80}, 1);
  keep_top_p(c, 1);
  EXPECT_EQ(c.n, 3U);
}

}  // namespace
}  // namespace tenfold
