#include "engine/turn_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "engine/forks_testing.h"

namespace tenfold {
namespace {

const std::atomic<bool> kNeverCancelled = false;

void wait_until_waiting(const TurnQueue& queue, int n) {
  while (queue.n_waiting() < n) std::this_thread::yield();
}

TEST(TurnQueue, WhoPassesTheTurnIsBehindThoseWhoWait) {
  TurnQueue queue;
  constexpr int kThreads = 3, kTurns = 50;
  std::vector<int> order;  // of whoever has the turn
  std::vector<std::thread> threads;
  std::atomic<int> n_at_work = kThreads;
  for (int id = 0; id < kThreads; ++id) {
    threads.emplace_back([&, id] {
      for (int i = 0; i < kTurns; ++i) {
        const auto turn = queue.take(nullptr, kNeverCancelled);
        ASSERT_TRUE(turn.ok());
        // All others that have turns left are waiting when it ends.
        while (queue.n_waiting() < n_at_work - 1) std::this_thread::yield();
        order.push_back(id);
        if (i == kTurns - 1) --n_at_work;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(order.size(), std::size_t{kThreads * kTurns});
  for (std::size_t i = kThreads; i < order.size(); ++i) EXPECT_EQ(order[i], order[i - kThreads]) << i;
}

TEST(TurnQueue, TurnsComeInTheOrderOfAsking) {
  TurnQueue queue;
  std::vector<int> order;
  std::vector<std::thread> threads;
  {
    const auto mine = queue.take(nullptr, kNeverCancelled);
    for (int id = 0; id < 5; ++id) {
      threads.emplace_back([&, id] {
        const auto turn = queue.take(nullptr, kNeverCancelled);
        order.push_back(id);
      });
      wait_until_waiting(queue, id + 1);
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(TurnQueue, ACancelEndsTheWaitingAndThoseBehindGetTheirTurn) {
  TurnQueue queue;
  std::atomic<bool> cancel = false;
  std::optional<Result<TurnQueue::Turn>> mine = queue.take(nullptr, kNeverCancelled);
  auto stopped = std::async(std::launch::async, [&] { return queue.take(nullptr, cancel).status().code(); });
  wait_until_waiting(queue, 1);
  auto behind = std::async(std::launch::async, [&] { return queue.take(nullptr, kNeverCancelled).status().code(); });
  wait_until_waiting(queue, 2);
  cancel = true;
  EXPECT_EQ(stopped.get(), StatusCode::kCancelled);
  mine.reset();
  EXPECT_EQ(behind.get(), StatusCode::kOk);
  EXPECT_EQ(queue.take(nullptr, cancel).status().code(), StatusCode::kCancelled) << "free, but not wanted any more";
  EXPECT_TRUE(queue.take(nullptr, kNeverCancelled).ok());
}

// The flag is set by one who rings: nobody has to look at it now and then, and the waiting ends although nothing else
// happens. A bell that was rung before counts, too.
TEST(TurnQueue, ABellEndsTheWaitingAtOnce) {
  TurnQueue queue;
  const auto mine = queue.take(nullptr, kNeverCancelled);
  std::atomic<bool> cancel = false;
  Doorbell bell;
  for (int i = 0; i < 200; ++i) {
    cancel = false;
    auto stopped = std::async(std::launch::async, [&] { return queue.take(nullptr, cancel, &bell).status().code(); });
    if (i % 2 == 0) wait_until_waiting(queue, 1);
    cancel = true;
    bell.ring();
    EXPECT_EQ(stopped.get(), StatusCode::kCancelled);
  }
}

#ifdef TENFOLD_TEST_FORKS
TEST(TurnQueue, InAChildNewcomersAreNotBeforeThoseWhoHaveHadTime) {
  TurnQueue queue;
  TimeAccount lost{.place_s = 10}, old{.place_s = 10}, newcomer;
  std::atomic<bool> has_turn = false, stop = false;
  std::thread at_work([&] {
    const auto turn = queue.take(&lost, kNeverCancelled);
    has_turn = true;
    while (!stop) std::this_thread::yield();
  });
  while (!has_turn) std::this_thread::yield();
  queue.before_fork();
  expect_in_a_child(0, [&]() TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
    queue.after_fork_in_child(TurnQueue::LostTurn::kIsOver);
    std::vector<const TimeAccount*> order;
    std::vector<std::thread> threads;
    {
      const auto mine = queue.take(nullptr, kNeverCancelled);
      for (TimeAccount* const account : {&old, &newcomer}) {
        threads.emplace_back([&, account] {
          const auto turn = queue.take(account, kNeverCancelled);
          order.push_back(account);
        });
        wait_until_waiting(queue, static_cast<int>(threads.size()));
      }
    }
    for (std::thread& thread : threads) thread.join();
    return order == std::vector<const TimeAccount*>{&old, &newcomer} ? 0 : 1;
  });
  queue.after_fork_in_parent();
  stop = true;
  at_work.join();
}
#endif

// Many come and go by all ways out; whoever is left must not sleep on.
TEST(TurnQueue, NobodyIsForgottenWhereMostAreCancelled) {
  TurnQueue queue;
  constexpr int kThreads = 4, kTurns = 300;
  std::atomic<int> n_taken = 0;
  std::vector<std::thread> threads;
  for (int id = 0; id < kThreads; ++id) {
    threads.emplace_back([&, id] {
      TimeAccount account;
      Doorbell bell;
      std::atomic<bool> cancel = false;
      for (int i = 0; i < kTurns; ++i) {
        std::thread canceller([&] {
          if (id % 2 == 1) return;
          cancel = true;
          bell.ring();
        });
        n_taken += queue.take(&account, cancel, &bell).ok();
        canceller.join();
        cancel = false;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(n_taken, kThreads / 2 * kTurns);
}

TEST(TurnQueue, AThreadDoesNotWaitForItself) {
  TurnQueue queue, other;
  const auto mine = queue.take(nullptr, kNeverCancelled);
  ASSERT_TRUE(mine.ok());
  EXPECT_EQ(queue.take(nullptr, kNeverCancelled).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(other.take(nullptr, kNeverCancelled).ok());
}

TEST(TurnQueue, KnowsWhetherSomebodyElseWantsTheTurn) {
  TurnQueue queue;
  TimeAccount mine, theirs;
  std::thread other;
  {
    const auto turn = queue.take(&mine, kNeverCancelled);
    EXPECT_FALSE(queue.has_company(mine));
    other = std::thread([&] { EXPECT_TRUE(queue.take(&theirs, kNeverCancelled).ok()); });
    wait_until_waiting(queue, 1);
    EXPECT_TRUE(queue.has_company(mine));
  }
  other.join();
}

}  // namespace
}  // namespace tenfold
