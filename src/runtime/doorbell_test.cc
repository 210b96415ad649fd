#include "runtime/doorbell.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <thread>

namespace tenfold {
namespace {

TEST(Doorbell, ARingBetweenLookAndSleepIsNotMissed) {
  Doorbell bell;
  const std::uint32_t heard = bell.listen();
  bell.ring();
  bell.wait(heard);  // would sleep for ever
  EXPECT_NE(bell.listen(), heard);
}

TEST(Doorbell, WakesTheSleeperEachTime) {
  Doorbell bell, answer;
  constexpr int kTimes = 2000;
  std::atomic<int> n_asked = 0, n_answered = 0;
  std::thread sleeper([&] {
    while (n_answered < kTimes) {
      const std::uint32_t heard = bell.listen();
      if (n_answered == n_asked) {
        bell.wait(heard);
        continue;
      }
      ++n_answered;
      answer.ring();
    }
  });
  for (int i = 1; i <= kTimes; ++i) {
    n_asked = i;
    bell.ring();
    for (std::uint32_t heard = answer.listen(); n_answered < i; heard = answer.listen()) {
      if (n_answered < i) answer.wait(heard);
    }
  }
  sleeper.join();
  EXPECT_EQ(n_answered, kTimes);
}

TEST(Doorbell, WaitsNoLongerThanAsked) {
  Doorbell bell;
  bell.wait(bell.listen(), 0.001);
  bell.wait(bell.listen(), 0);
  bell.wait(bell.listen(), -1);
}

Doorbell* rung_by_signal = nullptr;

TEST(Doorbell, ASignalHandlerMayRingForItsOwnThread) {
  Doorbell bell;
  rung_by_signal = &bell;
  struct sigaction action = {};
  struct sigaction before = {};
  action.sa_handler = [](int) { rung_by_signal->ring(); };
  sigaction(SIGUSR1, &action, &before);
  const std::uint32_t heard = bell.listen();
  pthread_kill(pthread_self(), SIGUSR1);
  while (bell.listen() == heard) bell.wait(heard);
  sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
}  // namespace tenfold
