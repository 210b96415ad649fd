#include "engine/step_pace.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

// Of a model that takes fixed_s for any step and token_s more for each token.
double step_s(int n_tokens, double fixed_s, double token_s) { return fixed_s + n_tokens * token_s; }

TEST(StepPace, ComesCloseToTheTimeThatOthersAreToWait) {
  StepPace pace;
  for (int step = 0; step < 12; ++step) {
    const int n = pace.shared_step(512);
    pace.record(n, step_s(n, 0.004, 0.001));
  }
  EXPECT_NEAR(pace.shared_step(512), (StepPace::kSharedStep_s - 0.004) / 0.001, 1);
}

TEST(StepPace, FollowsATextThatGetsSlower) {
  StepPace pace;
  pace.record(512, 0.5);
  EXPECT_EQ(pace.shared_step(512), 51);
  pace.record(51, 0.1);
  EXPECT_EQ(pace.shared_step(512), 25);
  pace.record(25, 0.05);
  EXPECT_EQ(pace.shared_step(512), 25);
}

TEST(StepPace, KeepsWithinItsBounds) {
  StepPace pace;
  EXPECT_EQ(pace.shared_step(4), 4) << "an engine whose steps are shorter";
  pace.record(8, 10);
  EXPECT_EQ(pace.shared_step(512), StepPace::kFewestTokens);
  pace.record(8, 0);
  EXPECT_EQ(pace.shared_step(512), 512);
}

TEST(StepPace, StepsOfATokenSayNothingAboutLongOnes) {
  StepPace pace;
  pace.record(100, 0.05);
  pace.record(1, 0.02);
  EXPECT_EQ(pace.shared_step(512), 100);
}

}  // namespace
}  // namespace tenfold
