#include "runtime/company_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <span>

namespace tenfold {
namespace {

// Machines are made up: a clock that only steps move, and a rule for how long threads wait.
class CompanyWatchTest : public testing::Test {
 protected:
  static constexpr double kStep_s = 0.002;
  // Four cores that fair turns share out to n_active threads of ours and n_hogs others: which of ours share theirs.
  static constexpr int kThreads = 4;
  static int n_crowded(int n_hogs, int n_active) { return std::clamp(n_hogs + n_active - kThreads, 0, n_active); }

  // Runs steps for so long; the number of threads of the last.
  int run(CompanyWatch& watch, double seconds, int n_hogs, int n_tokens = 1, double share = 0.5) {
    int n_active = 0;
    n_steps_ = n_full_ = 0;
    for (const double end_s = now_s_ + seconds; now_s_ < end_s; ++n_steps_) {
      n_active = watch.begin_step(n_tokens);
      now_s_ += kStep_s;
      for (int i = 0; i < n_crowded(n_hogs, n_active); ++i) waits_s_[(first_ + i) % n_active] += kStep_s * share;
      watch.end_step();
      n_full_ += n_active == kThreads;
    }
    return n_active;
  }

  CompanyWatch make_watch(int n_threads) {
    const auto read_waits = [this](std::span<double> waited_s) {
      std::copy_n(waits_s_.begin(), waited_s.size(), waited_s.begin());
    };
    return {n_threads, {[this] { return now_s_; }, read_waits}};
  }

  double now_s_ = 1000;
  std::array<double, kThreads> waits_s_ = {7, 8, 9, 10};
  int first_ = 0;  // the first thread whose core is shared
  int n_steps_ = 0, n_full_ = 0;
  CompanyWatch watch_ = make_watch(kThreads);
};

TEST_F(CompanyWatchTest, QuietMachineUsesAllThreads) {
  EXPECT_EQ(run(watch_, 10, 0), kThreads);
  EXPECT_EQ(n_full_, n_steps_);
}

TEST_F(CompanyWatchTest, GivesWayWithinFiftyMilliseconds) {
  run(watch_, 0.5, 0);
  EXPECT_EQ(run(watch_, 0.05, 1), kThreads - 1);
}

TEST_F(CompanyWatchTest, WhoMayUseFewerThreadsGivesWayWithTheOthers) {
  for (int i = 0; i < 30; ++i) {
    EXPECT_LE(watch_.begin_step(1, 2), 2);
    now_s_ += kStep_s;
    waits_s_[1] += kStep_s * 0.5;
    watch_.end_step();
  }
  EXPECT_EQ(watch_.begin_step(1, 2), 1);
  EXPECT_EQ(watch_.begin_step(1), 1) << "the cores are the same";
}

TEST_F(CompanyWatchTest, NewThreadsAreUsedAtOnce) {
  CompanyWatch watch = make_watch(2);
  EXPECT_EQ(run(watch, 0.5, 0), 2);
  watch.grow(kThreads);
  EXPECT_EQ(run(watch, 0.5, 0), kThreads);
}

TEST_F(CompanyWatchTest, OneCrowdedWindowIsNoCompany) {
  run(watch_, 0.5, 0);
  run(watch_, CompanyWatch::kWindow_s, 1);
  EXPECT_EQ(run(watch_, 1, 0), kThreads);
  EXPECT_EQ(n_full_, n_steps_);
}

TEST_F(CompanyWatchTest, LightCompanyChangesNothing) {
  run(watch_, 10, 1, 1, CompanyWatch::kCrowdedShare * 0.9);
  EXPECT_EQ(n_full_, n_steps_);
}

TEST_F(CompanyWatchTest, TriesAllThreadsEverMoreRarely) {
  run(watch_, 1, 1);
  EXPECT_LT(n_full_, n_steps_ / 4);
  run(watch_, 10, 1);
  run(watch_, 32, 1);
  EXPECT_GT(n_full_, 0);
  EXPECT_LT(n_full_, n_steps_ / 100);
}

TEST_F(CompanyWatchTest, GrowsAgainWhenCompanyLeaves) {
  EXPECT_EQ(run(watch_, 30, 1), kThreads - 1);
  run(watch_, CompanyWatch::kLongestHold_s + 2 * CompanyWatch::kWindow_s, 0);
  EXPECT_EQ(run(watch_, 10, 0), kThreads);
  EXPECT_EQ(n_full_, n_steps_);
  run(watch_, 0.05, 1);  // and what it had learned is forgotten: the next hold is the first
  run(watch_, CompanyWatch::kFirstHold_s + 2 * CompanyWatch::kWindow_s, 0);
  EXPECT_EQ(run(watch_, 1, 0), kThreads);
  EXPECT_EQ(n_full_, n_steps_);
}

TEST_F(CompanyWatchTest, GivesWayByAsManyAsWait) { EXPECT_EQ(run(watch_, 0.05, 2), kThreads - 2); }

TEST_F(CompanyWatchTest, OneThreadGoesOnWhereEveryThreadWaits) {
  run(watch_, 0.5, 0);
  EXPECT_EQ(run(watch_, 0.1, 4), 1);
  EXPECT_EQ(run(watch_, 10, 4), 1);  // and while it waits too, no more are tried
  EXPECT_EQ(n_full_, 0);
  run(watch_, 2 * CompanyWatch::kWindow_s, 0);
  EXPECT_EQ(run(watch_, 1, 0), kThreads);
}

TEST_F(CompanyWatchTest, GivesWayFurtherWhenMoreCompanyComes) {
  EXPECT_EQ(run(watch_, 0.05, 1), 3);
  EXPECT_EQ(run(watch_, 0.05, 2), 2);
  EXPECT_EQ(run(watch_, 0.05, 3), 1);
}

TEST_F(CompanyWatchTest, LongPromptsKeepAllThreadsAndTell) {
  run(watch_, 0.05, 1, CompanyWatch::kSmallStepTokens + 1);
  EXPECT_EQ(n_full_, n_steps_);
  EXPECT_EQ(watch_.begin_step(1), kThreads - 1);
}

TEST_F(CompanyWatchTest, LongPromptsGiveWayWhereThatGivesThemACore) {
  // The scheduler leaves all of ours on one core.
  const auto long_step = [&] {
    const int n_active = watch_.begin_step(512);
    now_s_ += CompanyWatch::kCertain_s;
    for (int i = 0; n_active > 1 && i < n_active; ++i) waits_s_[i] += CompanyWatch::kCertain_s * 0.5;
    watch_.end_step();
    return n_active;
  };
  EXPECT_EQ(long_step(), kThreads);
  EXPECT_EQ(long_step(), kThreads / 2);
  EXPECT_EQ(long_step(), 1);
  int n_full = 0;
  for (int i = 0; i < 100; ++i) n_full += long_step() == kThreads;
  EXPECT_GT(n_full, 0);
  EXPECT_LT(n_full, 10);
}

TEST_F(CompanyWatchTest, LongPromptsKeepAllThreadsWhereOneAloneWaitsToo) {
  const auto long_step = [&] {
    const int n_active = watch_.begin_step(512);
    now_s_ += CompanyWatch::kCertain_s;
    for (int i = 0; i < n_active; ++i) waits_s_[i] += CompanyWatch::kCertain_s * 0.5;
    watch_.end_step();
    return n_active;
  };
  int n_full = 0;
  for (int i = 0; i < 200; ++i) n_full += long_step() == kThreads;
  EXPECT_GT(n_full, 160);
}

TEST_F(CompanyWatchTest, RemembersOverAPauseAndCountsNothingOfIt) {
  run(watch_, 5, 1);
  now_s_ += 0.5;
  EXPECT_EQ(watch_.begin_step(1), kThreads - 1);
  CompanyWatch other = make_watch(kThreads);
  run(other, 0.5, 0);
  for (int i = 0; i < 5; ++i) {
    now_s_ += 60;
    waits_s_.fill(30.0 * i);
    run(other, 2 * CompanyWatch::kWindow_s, 0);
    EXPECT_EQ(n_full_, n_steps_);
  }
}

TEST_F(CompanyWatchTest, OneThreadAsksNothing) {
  CompanyWatch watch(1, {});
  EXPECT_EQ(watch.begin_step(1), 1);
  watch.end_step();
}

}  // namespace
}  // namespace tenfold
