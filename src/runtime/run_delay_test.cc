#include "runtime/run_delay.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <utility>

namespace tenfold {
namespace {

bool system_tells() { return access("/proc/thread-self/schedstat", R_OK) == 0; }

TEST(RunDelay, NeverRunsBackwards) {
  const RunDelay delay = RunDelay::of_this_thread();
  if (!system_tells()) GTEST_SKIP() << "no schedstat here";
  std::int64_t before = 0;
  for (int i = 0; i < 100; ++i) {
    const std::optional<std::int64_t> now = delay.ns();
    ASSERT_TRUE(now.has_value());
    EXPECT_GE(*now, before);
    before = *now;
    std::this_thread::yield();
  }
}

TEST(RunDelay, ReadByAnotherThreadAndGoneWithItsOwn) {
  if (!system_tells()) GTEST_SKIP() << "no schedstat here";
  RunDelay delay;
  EXPECT_FALSE(delay.ns().has_value());
  std::thread thread([&] {
    delay = RunDelay::of_this_thread();
    EXPECT_TRUE(delay.ns().has_value());
  });
  thread.join();
  // A thread counts as joined a moment before the system has forgotten it.
  for (int ms = 0; ms < 10'000 && delay.ns().has_value(); ++ms)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_FALSE(delay.ns().has_value());
}

TEST(CallerDelay, KeepsItsSumWhenTheCallerChanges) {
  CallerDelay delay;
  std::int64_t before = delay.ns();
  EXPECT_EQ(before, 0);
  for (int i = 0; i < 20; ++i) {
    std::thread([&] {
      const std::int64_t now = delay.ns();
      EXPECT_GE(now, before);
      before = now;
    }).join();
    const std::int64_t now = delay.ns();
    EXPECT_GE(now, before);
    before = now;
  }
}

}  // namespace
}  // namespace tenfold
