#include "engine/draft_length.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

TEST(DraftLength, SureDraftsAreMadeToTheLimitAndHopelessOnesNever) {
  EXPECT_EQ(best_draft_length(1, 0.2, 7), 7);
  EXPECT_EQ(best_draft_length(0, 0.01, 7), 0);
  EXPECT_EQ(best_draft_length(1, 0.2, 0), 0);
  EXPECT_EQ(best_draft_length(0.9, 1, 7), 0) << "checking costs as much as it could save";
}

TEST(DraftLength, GrowsWithTheHitRateAndShrinksWithTheCost) {
  for (double cost = 0.05; cost < 1; cost += 0.05) {
    int before = 0;
    for (double rate = 0; rate <= 1; rate += 0.01) {
      const int n = best_draft_length(rate, cost, 7);
      EXPECT_GE(n, before) << rate << " " << cost;
      EXPECT_LE(best_draft_length(rate, cost + 0.05, 7), n) << rate << " " << cost;
      before = n;
    }
  }
}

TEST(HitRate, FollowsTheLatestAndForgets) {
  HitRate rate(0.5);
  for (int i = 0; i < 50; ++i) rate.record(true);
  EXPECT_GT(rate.value(), 0.95);
  EXPECT_LE(rate.value(), 1);
  for (int i = 0; i < 50; ++i) rate.record(false);
  EXPECT_LT(rate.value(), 0.05);
  EXPECT_GE(rate.value(), 0);
  for (int i = 0; i < 1000; ++i) rate.forget();
  EXPECT_NEAR(rate.value(), 0.5, 0.01);
}

}  // namespace
}  // namespace tenfold
