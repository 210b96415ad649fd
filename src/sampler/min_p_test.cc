#include "sampler/min_p.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sampler/logits_testing.h"

namespace tenfold {
namespace {

TEST(MinP, KeepsAShareOfTheBest) {
  for (const LogitShape shape : kAllLogitShapes) {
    for (const float p : {0.001F, 0.05F, 0.5F, 1.0F}) {
      Candidates c = make_candidates(make_logits(shape, 997, 11), 0.8F);
      std::vector<TokenId> expected;
      const float best = *std::max_element(c.weights.begin(), c.weights.end());
      for (std::size_t i = 0; i < c.n; ++i) {
        if (c.weights[i] >= p * best) expected.push_back(c.ids[i]);
      }
      keep_min_p(c, p);
      EXPECT_EQ(ids_of(c), expected);
      EXPECT_GE(c.n, 1U);
    }
  }
}

TEST(MinP, IsRelativeToTheBestThatIsLeft) {
  Candidates c = make_candidates({0, -3, -4, -9}, 1);
  c.keep_if([](std::size_t i) { return i > 0; });  // as typical may do
  keep_min_p(c, 0.3F);                             // e^-1 = 0.37 stays, e^-6 does not
  EXPECT_EQ(ids_of(c), (std::vector<TokenId>{1, 2}));
}

TEST(MinP, EdgesKeepAllOrTheBest) {
  Candidates c = make_candidates({5, 7, 7, -80}, 1);
  keep_min_p(c, 0);
  EXPECT_EQ(c.n, 4U);
  keep_min_p(c, 1);
  EXPECT_EQ(ids_of(c), (std::vector<TokenId>{1, 2}));
}

}  // namespace
}  // namespace tenfold
