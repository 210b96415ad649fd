#include "runtime/task_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <thread>
#include <vector>

#include "runtime/allocation_testing.h"

namespace tenfold {
namespace {

std::unique_ptr<TaskPool> make_pool(int n_threads) {
  Result<std::unique_ptr<TaskPool>> pool = TaskPool::create(n_threads);
  EXPECT_TRUE(pool.ok()) << pool.status().to_string();
  return std::move(pool).value();
}

class TaskPoolThreads : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, TaskPoolThreads, testing::Values(1, 2, 3, 4, 8));

// Plain counters on purpose: ThreadSanitizer then proves that regions order what they must.
TEST_P(TaskPoolThreads, EveryChunkExactlyOnce) {
  const auto pool = make_pool(GetParam());
  ASSERT_EQ(pool->n_threads(), GetParam());
  std::vector<int> hits;
  for (int region = 0; region < 3000; ++region) {
    const int n_chunks = region % 7 == 0 ? region % 500 : region % 17;
    const int n_active = 1 + region % 9;
    hits.assign(static_cast<std::size_t>(n_chunks), 0);
    std::atomic<bool> in_range{true};
    ASSERT_TRUE(pool->run(n_chunks, n_active, nullptr, [&](int worker, int chunk) noexcept {
      if (worker < 0 || worker >= n_active || worker >= pool->n_threads()) in_range = false;
      ++hits[static_cast<std::size_t>(chunk)];
    }));
    ASSERT_TRUE(in_range);
    for (const int h : hits) ASSERT_EQ(h, 1) << "region " << region;
  }
}

TEST_P(TaskPoolThreads, ManyEmptyRegionsBackToBack) {
  const auto pool = make_pool(GetParam());
  std::atomic<long> n_run{0};
  for (int region = 0; region < 20000; ++region) {
    ASSERT_TRUE(pool->run(1 + region % 5, 8, nullptr, [&](int, int) noexcept { ++n_run; }));
  }
  EXPECT_EQ(n_run, 20000 / 5 * (1 + 2 + 3 + 4 + 5));
}

// Pauses longer than the spinning and the yielding send the workers to sleep; the next region must still find them or
// do without.
TEST_P(TaskPoolThreads, RegionsAfterSleep) {
  const auto pool = make_pool(GetParam());
  for (int region = 0; region < 40; ++region) {
    std::vector<int> hits(64, 0);
    ASSERT_TRUE(pool->run(64, 8, nullptr, [&](int, int chunk) noexcept { ++hits[static_cast<std::size_t>(chunk)]; }));
    EXPECT_EQ(std::accumulate(hits.begin(), hits.end(), 0), 64);
    std::this_thread::sleep_for(std::chrono::microseconds(region * 25));
  }
}

// A worker that was woken must really take part: the caller blocks in its chunk until the other thread has run one.
TEST(TaskPool, SleepingWorkerIsWoken) {
  const auto pool = make_pool(2);
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    std::atomic<int> n_begun{0};
    ASSERT_TRUE(pool->run(2, 2, nullptr, [&](int, int) noexcept {
      ++n_begun;
      while (n_begun < 2) std::this_thread::yield();
    }));
  }
}

// The caller sleeps at the end of a region whose last chunk is long, and is woken.
TEST(TaskPool, CallerIsWokenAtTheEnd) {
  const auto pool = make_pool(2);
  for (int i = 0; i < 20; ++i) {
    std::atomic<int> n_begun{0};
    int slow = 0;
    ASSERT_TRUE(pool->run(2, 2, nullptr, [&](int worker, int) noexcept {
      ++n_begun;
      while (n_begun < 2) std::this_thread::yield();
      if (worker == 1) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        slow = 1;
      }
    }));
    EXPECT_EQ(slow, 1);
  }
}

// Memory is read fastest in one ascending stream a thread: a thread takes its own run in order. Nobody is done with a
// first chunk before all have one, so that nothing is stolen until then.
TEST(TaskPool, EachThreadBeginsWithARunOfItsOwn) {
  constexpr int kThreads = 3, kChunks = 31;
  const auto pool = make_pool(kThreads);
  for (int region = 0; region < 50; ++region) {
    std::atomic<int> n_begun{0};
    std::vector<std::vector<int>> order(kThreads);
    ASSERT_TRUE(pool->run(kChunks, kThreads, nullptr, [&](int worker, int chunk) noexcept {
      order[static_cast<std::size_t>(worker)].push_back(chunk);
      ++n_begun;
      while (n_begun < kThreads) std::this_thread::yield();
    }));
    for (int t = 0; t < kThreads; ++t) {
      const std::vector<int>& chunks = order[static_cast<std::size_t>(t)];
      const int begin = kChunks * t / kThreads, end = kChunks * (t + 1) / kThreads;
      ASSERT_FALSE(chunks.empty());
      EXPECT_EQ(chunks.front(), begin);
      for (std::size_t i = 1; i < chunks.size() && chunks[i] < end && chunks[i] > chunks[i - 1]; ++i) {
        EXPECT_EQ(chunks[i], chunks[i - 1] + 1);
      }
    }
  }
}

// One thread is held up in its first chunk: another does all the rest of its run, the last first.
TEST(TaskPool, WhoIsDoneTakesWhatOthersHaveLeft) {
  const auto pool = make_pool(2);
  for (const int slow : {0, 1}) {
    std::atomic<bool> slow_began{false};
    std::atomic<int> n_others{0};
    std::vector<int> others;
    ASSERT_TRUE(pool->run(10, 2, nullptr, [&](int worker, int chunk) noexcept {
      if (worker == slow) {
        slow_began = true;
        while (n_others < 9) std::this_thread::yield();
        return;
      }
      while (!slow_began) std::this_thread::yield();
      others.push_back(chunk);
      ++n_others;
    }));
    const std::vector<int> expected =
        slow == 1 ? std::vector<int>{0, 1, 2, 3, 4, 9, 8, 7, 6} : std::vector<int>{5, 6, 7, 8, 9, 4, 3, 2, 1};
    EXPECT_EQ(others, expected);
  }
}

TEST_P(TaskPoolThreads, NotesHowLongThreadsWorkIfAsked) {
  constexpr auto kChunk = std::chrono::milliseconds(1);
  constexpr int kChunks = 12;
  const auto pool = make_pool(GetParam());
  const auto run = [&] {
    return pool->run(kChunks, 8, nullptr, [&](int, int) noexcept { std::this_thread::sleep_for(kChunk); });
  };
  ASSERT_TRUE(run());
  EXPECT_EQ(pool->worked_s(), 0);
  pool->time_work();
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(run());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(pool->worked_s(), kChunks * std::chrono::duration<double>(kChunk).count());
  EXPECT_LE(pool->worked_s(), took.count() * pool->n_threads());
}

// The same sums, bit for bit, whoever computes them.
TEST_P(TaskPoolThreads, ReductionsAreBitEqual) {
  constexpr int kChunks = 200;
  std::vector<float> x(kChunks * 97);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 1013) * 0.37F - 100.0F;
  const auto sum_with = [&](TaskPool& pool, int n_active) {
    std::vector<float> partial(kChunks, 0.0F);
    EXPECT_TRUE(pool.run(kChunks, n_active, nullptr, [&](int, int chunk) noexcept {
      float sum = 0;
      for (int i = 0; i < 97; ++i) sum += x[static_cast<std::size_t>(chunk * 97 + i)];
      partial[static_cast<std::size_t>(chunk)] = sum;
    }));
    float sum = 0;
    for (const float p : partial) sum += p;
    return sum;
  };
  const float expected = sum_with(*make_pool(1), 1);
  const auto pool = make_pool(GetParam());
  for (int n_active = 1; n_active <= 8; ++n_active) EXPECT_EQ(sum_with(*pool, n_active), expected);
}

TEST_P(TaskPoolThreads, CancelSkipsWhatHasNotBegun) {
  const auto pool = make_pool(GetParam());
  for (int stop_at = 0; stop_at < 100; stop_at += 9) {
    std::atomic<bool> cancel{false};
    std::atomic<int> n_run{0};
    EXPECT_FALSE(pool->run(1 << 30, 8, &cancel, [&](int, int) noexcept {
      if (n_run.fetch_add(1) == stop_at) cancel = true;
    }));
    EXPECT_GT(n_run, stop_at);
    EXPECT_LT(n_run, 1 << 24);
    EXPECT_FALSE(pool->run(10, 8, &cancel, [&](int, int) noexcept { n_run = -1; }));
    EXPECT_GT(n_run, 0);
    cancel = false;
    n_run = 0;
    EXPECT_TRUE(pool->run(10, 8, &cancel, [&](int, int) noexcept { ++n_run; }));
    EXPECT_EQ(n_run, 10);
  }
}

// Set by the last chunk itself: nothing is left to skip.
TEST_P(TaskPoolThreads, CancelAfterTheLastChunkSkipsNothing) {
  const auto pool = make_pool(GetParam());
  std::atomic<bool> cancel{false};
  std::atomic<int> n_begun{0};
  EXPECT_TRUE(pool->run(1, 8, &cancel, [&](int, int) noexcept {
    ++n_begun;
    cancel = true;
  }));
  EXPECT_EQ(n_begun, 1);
}

TEST_P(TaskPoolThreads, NestedUseIsRefused) {
  const auto pool = make_pool(GetParam());
  std::atomic<int> n_refused{0}, n_inner{0};
  EXPECT_TRUE(pool->run(20, 8, nullptr, [&](int, int) noexcept {
    if (!pool->run(3, 8, nullptr, [&](int, int) noexcept { ++n_inner; })) ++n_refused;
  }));
  EXPECT_EQ(n_refused, 20);
  EXPECT_EQ(n_inner, 0);
  EXPECT_TRUE(pool->run(3, 8, nullptr, [&](int, int) noexcept { ++n_inner; }));
  EXPECT_EQ(n_inner, 3);
}

TEST_P(TaskPoolThreads, RunNeverAllocates) {
  const auto pool = make_pool(GetParam());
  std::atomic<long> n_run{0};
  const long before = allocation_count();
  bool complete = true;
  for (int region = 0; region < 500; ++region) {
    complete &= pool->run(50, 8, nullptr, [&](int, int) noexcept { ++n_run; });
  }
  EXPECT_EQ(allocation_count(), before);
  EXPECT_TRUE(complete);
  EXPECT_EQ(n_run, 500 * 50);
}

TEST_P(TaskPoolThreads, LeavesWhileIdleOrAsleepOrJustUsed) {
  for (int i = 0; i < 60; ++i) {
    const auto pool = make_pool(GetParam());
    if (i % 3 == 1) std::this_thread::sleep_for(std::chrono::microseconds(400));
    if (i % 3 == 2) {
      EXPECT_TRUE(pool->run(10, 8, nullptr, [](int, int) noexcept {}));
    }
  }
}

TEST(TaskPool, NoChunksIsComplete) {
  const auto pool = make_pool(2);
  EXPECT_TRUE(pool->run(0, 2, nullptr, [](int, int) noexcept { FAIL(); }));
  EXPECT_TRUE(pool->run(-1, 2, nullptr, [](int, int) noexcept { FAIL(); }));
}

TEST(TaskPool, OneActiveThreadRunsInOrderOnTheCaller) {
  const auto pool = make_pool(4);
  const auto self = std::this_thread::get_id();
  for (const int n_active : {1, 0, -5}) {
    int next = 0;
    bool as_expected = true;
    ASSERT_TRUE(pool->run(100, n_active, nullptr, [&](int worker, int chunk) noexcept {
      as_expected &= worker == 0 && chunk == next++ && std::this_thread::get_id() == self;
    }));
    EXPECT_TRUE(as_expected);
    EXPECT_EQ(next, 100);
  }
}

TEST(TaskPool, CallersMayTakeTurnsFromDifferentThreads) {
  const auto pool = make_pool(3);
  int total = 0;
  for (int i = 0; i < 10; ++i) {
    std::thread([&] {
      std::vector<int> hits(100, 0);
      EXPECT_TRUE(
          pool->run(100, 3, nullptr, [&](int, int chunk) noexcept { hits[static_cast<std::size_t>(chunk)] = 1; }));
      total += std::accumulate(hits.begin(), hits.end(), 0);
    }).join();
  }
  EXPECT_EQ(total, 1000);
}

TEST(TaskPool, RefusesImpossibleThreadCounts) {
  for (const int n : {0, -1, TaskPool::kMaxThreads + 1}) {
    const auto pool = TaskPool::create(n);
    ASSERT_FALSE(pool.ok());
    EXPECT_EQ(pool.status().code(), StatusCode::kInvalidArgument);
    EXPECT_NE(pool.status().message().find("found"), std::string_view::npos);
  }
}

#ifndef TENFOLD_SANITIZED
constexpr int kRefused = 10, kStarted = 11, kOtherError = 12, kLimitIgnored = 13;

int create_with_little_memory() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t bytes = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (rlim_t{64} << 20);
  const rlimit limit{bytes, bytes};
  rlimit now{};
  if (setrlimit(RLIMIT_AS, &limit) != 0 || getrlimit(RLIMIT_AS, &now) != 0) return kOtherError;
  if (now.rlim_cur != bytes) return kLimitIgnored;  // qemu-user
  const auto pool = TaskPool::create(TaskPool::kMaxThreads);
  if (pool.ok()) return kStarted;
  return pool.status().code() == StatusCode::kResourceExhausted ? kRefused : kOtherError;
}

// In a child, whose address space holds only a few more stacks.
TEST(TaskPool, TooFewResourcesIsAnError) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(create_with_little_memory());
  int state = 0;
  ASSERT_EQ(waitpid(child, &state, 0), child);
  ASSERT_TRUE(WIFEXITED(state));
  if (WEXITSTATUS(state) == kLimitIgnored) GTEST_SKIP() << "RLIMIT_AS is not enforced here";
  EXPECT_EQ(WEXITSTATUS(state), kRefused);
}
#endif

}  // namespace
}  // namespace tenfold
