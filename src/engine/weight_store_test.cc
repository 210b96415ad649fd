#include "engine/weight_store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

constexpr std::size_t kStep = std::size_t{1} << 20;
constexpr std::size_t kPayload = 24 * kStep + 100;
const std::vector<PackedBlob> kOneBlob = {{0, kPayload}};

class WeightStoreTest : public testing::Test {
 protected:
  std::vector<std::unique_ptr<PackedWriter>> writers(int n) {
    std::vector<std::unique_ptr<PackedWriter>> list;
    for (int i = 0; i < n; ++i) list.push_back(std::move(cache_.begin_store(key(i), kOneBlob, payload_)).value());
    return list;
  }
  static std::string key(int i) { return "model " + std::to_string(i); }
  [[nodiscard]] bool is_stored(int i) const { return cache_.find(key(i), kOneBlob).has_value(); }

  const TempFolder folder_;
  const PackedCache cache_ = std::move(PackedCache::open(folder_.path("cache"), std::uint64_t{1} << 30)).value();
  const std::vector<std::byte> payload_ = std::vector<std::byte>(kPayload, std::byte{7});
};

TEST_F(WeightStoreTest, NothingToStoreIsStored) {
  WeightStore store;
  EXPECT_TRUE(store.finish(nullptr).ok());
  store.start({});
  EXPECT_TRUE(store.finish([](double) { return false; }).ok());
}

TEST_F(WeightStoreTest, StoresInTheBackground) {
  WeightStore store;
  store.start(writers(2));
  while (!is_stored(0) || !is_stored(1)) std::this_thread::yield();
  EXPECT_TRUE(store.finish([](double) { return false; }).ok() || store.finish(nullptr).ok());
}

// The thread that gives way to all others may have no core for minutes: once somebody waits it does nothing more.
TEST_F(WeightStoreTest, WhoWaitsDoesTheWorkHimself) {
  WeightStore store;
  store.start(writers(1));
  std::vector<double> fractions;
  EXPECT_TRUE(store
                  .finish([&](double fraction) {
                    fractions.push_back(fraction);
                    std::this_thread::yield();
                    return true;
                  })
                  .ok());
  EXPECT_TRUE(is_stored(0));
  const double one_step = static_cast<double>(kStep) / static_cast<double>(kPayload);
  // A step that had been begun may end after the first look.
  for (std::size_t i = 2; i < fractions.size(); ++i) EXPECT_LE(fractions[i] - fractions[i - 1], one_step * 1.001) << i;
  for (const PackedEntry& entry : cache_.list()) EXPECT_TRUE(PackedCache::verify(entry.path).ok());
}

TEST_F(WeightStoreTest, WhoGivesUpLeavesTheRestToTheBackground) {
  WeightStore store;
  store.start(writers(1));
  int n_looks = 0;
  if (store.finish([&](double) { return ++n_looks < 3; }).ok()) GTEST_SKIP() << "it was done already";
  while (!is_stored(0)) std::this_thread::yield();
}

TEST_F(WeightStoreTest, SeveralMayWait) {
  WeightStore store;
  store.start(writers(2));
  std::thread other([&] { EXPECT_TRUE(store.finish(nullptr).ok()); });
  EXPECT_TRUE(store.finish(nullptr).ok());
  other.join();
  EXPECT_TRUE(is_stored(0) && is_stored(1));
}

TEST_F(WeightStoreTest, WhatIsNotDoneWhenItGoesIsNotThere) {
  std::optional<WeightStore> store(std::in_place);
  store->start(writers(1));
  store.reset();
  EXPECT_LE(cache_.list().size(), 1U);
}

#if !defined(TENFOLD_SANITIZED) && !defined(__aarch64__)  // qemu-user, which runs arm64 here, ends such a child
// It has neither the thread in the background nor, ever, the lock that this one had.
TEST_F(WeightStoreTest, AChildOfAForkNeitherWaitsNorTouchesTheFile) {
  std::optional<WeightStore> store(std::in_place);
  store->start(writers(3));
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(60);  // a child that hangs ends
    store->after_fork_in_child();
    const Status refused = store->finish(nullptr);
    store.reset();
    _exit(refused.code() == StatusCode::kFailedPrecondition ? 0 : 1);
  }
  int state = 0;
  ASSERT_EQ(waitpid(child, &state, 0), child);
  EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0);
  EXPECT_TRUE(store->finish(nullptr).ok());
  EXPECT_TRUE(is_stored(0) && is_stored(1) && is_stored(2));
}

TEST_F(WeightStoreTest, WhoeverForksWhileHeWaitsIsToldInTheChild) {
  WeightStore store;
  store.start(writers(1));
  pid_t child = -1;
  const Status stored = store.finish([&](double) {
    if (child != -1) return true;
    child = fork();
    if (child != 0) return true;
    alarm(60);
    store.after_fork_in_child();
    return true;
  });
  if (child == 0) _exit(stored.code() == StatusCode::kFailedPrecondition ? 0 : 1);
  EXPECT_TRUE(stored.ok());
  if (child == -1) GTEST_SKIP() << "it was done already";
  int state = 0;
  ASSERT_EQ(waitpid(child, &state, 0), child);
  EXPECT_TRUE(WIFEXITED(state) && WEXITSTATUS(state) == 0);
}
#endif

}  // namespace
}  // namespace tenfold
