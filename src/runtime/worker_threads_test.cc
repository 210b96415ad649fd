#include "runtime/worker_threads.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <utility>
#include <vector>

#include "runtime/task_pool.h"
#include "runtime/thread_count_testing.h"

namespace tenfold {
namespace {

std::shared_ptr<WorkerThreads> make_threads(int n_threads) {
  Result<std::unique_ptr<WorkerThreads>> threads = WorkerThreads::create(n_threads);
  EXPECT_TRUE(threads.ok()) << threads.status().to_string();
  return std::move(threads).value();
}

// Runs a region in which all n threads of the pool must take part.
void expect_all_take_part(TaskPool& pool, int n) {
  std::vector<int> hits(static_cast<std::size_t>(n));
  std::atomic<int> n_begun = 0;
  EXPECT_TRUE(pool.run(n, 1000, nullptr, [&](int worker, int) noexcept {
    ++hits[static_cast<std::size_t>(worker)];
    ++n_begun;
    while (n_begun < n) std::this_thread::yield();
  }));
  EXPECT_EQ(hits, std::vector<int>(static_cast<std::size_t>(n), 1));
}

TEST(WorkerThreads, PoolsOfSeveralSizesShareThem) {
  const int before = settled_thread_count();
  const auto threads = make_threads(2);
  TaskPool small(threads, 2);
  EXPECT_EQ(thread_count_awaited(before + 1), before + 1);
  expect_all_take_part(small, 2);
  ASSERT_TRUE(threads->grow(4).ok());
  TaskPool large(threads, 4);
  EXPECT_EQ(thread_count_awaited(before + 3), before + 3);
  for (int i = 0; i < 20; ++i) {
    expect_all_take_part(large, 4);
    expect_all_take_part(small, 2);
  }
  ASSERT_TRUE(threads->grow(3).ok());
  EXPECT_EQ(threads->n_threads(), 4) << "those that are there stay";
}

TEST(WorkerThreads, GrowWhileTheOthersSleepOrAreAwake) {
  for (int i = 0; i < 30; ++i) {
    const auto threads = make_threads(1);
    for (int n = 2; n <= 5; ++n) {
      ASSERT_TRUE(threads->grow(n).ok());
      TaskPool pool(threads, n);
      expect_all_take_part(pool, n);
    }
  }
}

TEST(WorkerThreads, OneRegionAtATimeWhosePoolItMayBe) {
  const auto threads = make_threads(2);
  TaskPool one(threads, 2), other(threads, 2);
  std::atomic<int> n_refused = 0;
  EXPECT_TRUE(one.run(2, 2, nullptr, [&](int, int) noexcept {
    if (!other.run(2, 2, nullptr, [](int, int) noexcept {})) ++n_refused;
  }));
  EXPECT_EQ(n_refused, 2);
}

TEST(WorkerThreads, AllPoolsSeeTheSameCompany) {
  const auto threads = make_threads(3);
  TaskPool small(threads, 2), large(threads, 3);
  EXPECT_EQ(small.begin_step(1), 2);
  small.end_step();
  EXPECT_EQ(large.begin_step(1), 3);
  large.end_step();
}

#if !defined(TENFOLD_SANITIZED) && !defined(__aarch64__)  // qemu-user, which runs arm64 here, ends such a child
TEST(WorkerThreads, AChildOfAForkDoesAllTheWorkAndJoinsNobody) {
  auto threads = make_threads(4);
  auto pool = std::make_unique<TaskPool>(threads, 4);
  expect_all_take_part(*pool, 4);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(60);  // a child that hangs ends
    threads->forget_threads();
    int n_done = 0;
    const bool complete = pool->run(4, 1000, nullptr, [&](int, int) noexcept { ++n_done; });
    pool.reset();
    threads.reset();
    _exit(complete && n_done == 4 ? 0 : 1);
  }
  int state = 0;
  ASSERT_EQ(waitpid(child, &state, 0), child);
  EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0);
  expect_all_take_part(*pool, 4);
}
#endif

}  // namespace
}  // namespace tenfold
