#include "sampler/typical.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sampler/logits_testing.h"

namespace tenfold {
namespace {

// By the definition, in double: distances of −ln p from the entropy.
std::vector<double> distances(const Candidates& c) {
  double total = 0, entropy = 0;
  for (std::size_t i = 0; i < c.n; ++i) total += c.weights[i];
  std::vector<double> surprise(c.n, std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < c.n; ++i) {
    const double p = c.weights[i] / total;
    if (p == 0) continue;
    surprise[i] = -std::log(p);
    entropy += p * surprise[i];
  }
  for (double& s : surprise) s = std::fabs(s - entropy);
  return surprise;
}

TEST(Typical, KeepsTheClosestThatReachP) {
  for (const LogitShape shape : kAllLogitShapes) {
    for (const float temperature : {0.5F, 1.0F, 2.0F}) {
      for (const float p : {0.01F, 0.2F, 0.5F, 0.9F, 0.999F}) {
        Candidates c = make_candidates(make_logits(shape, 700, 3), temperature);
        const Candidates before = c;
        const std::vector<double> distance = distances(before);
        double total = 0;
        for (std::size_t i = 0; i < before.n; ++i) total += before.weights[i];
        keep_typical(c, p, temperature);
        ASSERT_GE(c.n, 1U);

        double kept_mass = 0, farthest_kept = 0, farthest_weight = 0;
        double nearest_dropped = std::numeric_limits<double>::infinity();
        std::size_t next = 0;
        for (std::size_t i = 0; i < before.n; ++i) {
          if (next < c.n && c.ids[next] == before.ids[i]) {
            ++next;
            kept_mass += before.weights[i] / total;
            if (distance[i] >= farthest_kept) farthest_weight = before.weights[i] / total;
            farthest_kept = std::max(farthest_kept, distance[i]);
          } else if (before.weights[i] > 0) {
            nearest_dropped = std::min(nearest_dropped, distance[i]);
          }
        }
        ASSERT_EQ(next, c.n);
        EXPECT_LE(farthest_kept, nearest_dropped + 1e-4);
        EXPECT_GE(kept_mass, p - 1e-6);
        EXPECT_LE(kept_mass - farthest_weight, p + 1e-6);
      }
    }
  }
}

// Probabilities 1/2, 1/4, 1/8, 1/8: the entropy is 1.75 bits, so 1/4 (2 bits) is the most typical, then 1/2 (1 bit)
// before the two of 3 bits.
TEST(Typical, WorkedExample) {
  const auto ln2 = static_cast<float>(std::log(2.0));
  const std::vector<float> logits = {-1 * ln2, -2 * ln2, -3 * ln2, -3 * ln2};
  Candidates c = make_candidates(logits, 1);
  keep_typical(c, 0.2F, 1);
  EXPECT_EQ(ids_of(c), (std::vector<TokenId>{1}));
  c = make_candidates(logits, 1);
  keep_typical(c, 0.7F, 1);
  EXPECT_EQ(ids_of(c), (std::vector<TokenId>{0, 1}));
  c = make_candidates(logits, 1);
  keep_typical(c, 0.8F, 1);
  EXPECT_EQ(ids_of(c), (std::vector<TokenId>{0, 1, 2}));
}

TEST(Typical, EdgesKeepOneOrAll) {
  Candidates c = make_candidates({1, 2, 3}, 1);
  keep_typical(c, 1, 1);
  EXPECT_EQ(c.n, 3U);
  keep_typical(c, 0, 1);
  EXPECT_EQ(c.n, 1U);
}

}  // namespace
}  // namespace tenfold
