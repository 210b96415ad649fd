#include "engine/memory_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "engine/forks_testing.h"

namespace tenfold {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
constexpr MemoryNeeds kNeeds = {.weights = 60,
                                .vocabulary = 5,
                                .session_cache = 10,
                                .session_lists = 1,
                                .working = 4,
                                .n_ctx = 64,
                                .max_sessions = 3};
constexpr std::uint64_t kOneSession = 60 + 5 + 10 + 1 + 4;

MemoryInUse nothing() { return {}; }

TEST(MemoryBudget, TwoThatEachFitAloneAreRefusedTogether) {
  MemoryBudget budget(100);
  {
    const auto first = budget.open(kNeeds, {nothing});
    ASSERT_TRUE(first.ok()) << first.status().to_string();
    const Status refused = budget.open(kNeeds, {nothing}).status();
    EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
    EXPECT_EQ(
        refused.message(),
        "memory: 60 bytes of weights, 5 of vocabulary, 10 of KV cache (64 tokens, sessions: 1) and 5 to work in make "
        "80, expected at most 20 beside 80 that other models of this process were promised; use a smaller model or "
        "context");
  }
  EXPECT_TRUE(budget.open(kNeeds, {nothing}).ok()) << "the first gave all back";
}

TEST(MemoryBudget, WhatIsTouchedIsNotAskedOfTheMachineTwice) {
  MemoryBudget budget;
  MemoryNeeds huge = kNeeds;
  huge.weights = std::uint64_t{1} << 60;
  MemoryInUse in_use{huge.weights + 100, huge.weights + 100};
  const auto first = budget.open(huge, {[&] { return in_use; }});
  ASSERT_TRUE(first.ok()) << "it is there already: " << first.status().to_string();
  EXPECT_TRUE(budget.open(kNeeds, {nothing}).ok());
  in_use = {};
  EXPECT_EQ(budget.open(kNeeds, {nothing}).status().code(), StatusCode::kResourceExhausted)
      << "promised, and to be taken from what the machine has left";
}

TEST(MemoryBudget, AnEnginesOwnLimitIsOfThatEngineAlone) {
  MemoryBudget budget;
  MemoryNeeds limited = kNeeds;
  limited.limit = kOneSession;
  const auto first = budget.open(limited, {nothing});
  const auto second = budget.open(limited, {nothing});
  ASSERT_TRUE(first.ok() && second.ok()) << second.status().to_string();
  int n_open = 0;
  const auto place = (*first)->take_session_place(n_open);
  EXPECT_TRUE(place.ok());
  const Status refused = (*first)->take_session_place(n_open).status();
  EXPECT_TRUE(refused.message().ends_with("make 91, expected at most 80; use a smaller model or context"))
      << refused.to_string();
}

TEST(MemoryBudget, PlacesAndClaimsAreGivenBack) {
  MemoryBudget budget(kOneSession + 11 + 2 * kMebibyte);
  const auto account = std::move(budget.open(kNeeds, {nothing})).value();
  int n_open = 0;
  {
    const auto first = account->take_session_place(n_open);
    const auto second = account->take_session_place(n_open);
    EXPECT_EQ(n_open, 2);
    EXPECT_EQ(account->spare_bytes(), 2 * kMebibyte);
    const auto claim = account->claim(2 * kMebibyte);
    ASSERT_TRUE(claim.ok());
    EXPECT_EQ(account->spare_bytes(), 0U);
    EXPECT_EQ(account->claim(kMebibyte).status().code(), StatusCode::kResourceExhausted);
    EXPECT_TRUE(account->claim(1000).ok()) << "so little is not looked at";
    EXPECT_EQ(account->take_session_place(n_open).status().code(), StatusCode::kResourceExhausted);
    EXPECT_EQ(account->take_text_place().status().code(), StatusCode::kResourceExhausted);
    EXPECT_EQ(n_open, 2);
  }
  EXPECT_TRUE(account->take_text_place().ok());
  EXPECT_TRUE(account->claim(2 * kMebibyte).ok());
  const auto again = account->take_session_place(n_open);
  EXPECT_TRUE(again.ok());
  EXPECT_EQ(n_open, 1);
}

// A text is made beside sessions, and nobody is promised its room meanwhile.
TEST(MemoryBudget, ATextTakesARoomAsASessionDoes) {
  MemoryBudget budget(kOneSession + 11);
  const auto account = std::move(budget.open(kNeeds, {nothing})).value();
  int n_open = 0;
  auto text = account->take_text_place();
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(budget.open(kNeeds, {nothing}).status().code(), StatusCode::kResourceExhausted);
  const auto session = account->take_session_place(n_open);
  ASSERT_TRUE(session.ok()) << session.status().to_string();
  EXPECT_EQ(n_open, 1);
  EXPECT_EQ(account->take_session_place(n_open).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(account->take_text_place().status().code(), StatusCode::kResourceExhausted);
  text->reset();
  EXPECT_TRUE(account->take_session_place(n_open).ok());
}

#ifdef TENFOLD_TEST_FORKS
TEST(MemoryBudget, InAChildTheTextsAndClaimsAreThoseOfTheThreadThatForked) {
  MemoryBudget budget(kOneSession + 11 + 2 * kMebibyte);
  const auto account = std::move(budget.open(kNeeds, {nothing})).value();
  std::atomic<bool> has_some = false, stop = false;
  std::thread other([&] {
    const auto text = account->take_text_place();
    const auto claim = account->claim(kMebibyte);
    has_some = true;
    while (!stop) std::this_thread::yield();
  });
  while (!has_some) std::this_thread::yield();
  auto mine = account->claim(kMebibyte);
  ASSERT_TRUE(mine.ok());
  budget.before_fork();
  expect_in_a_child(0, [&]() TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
    budget.after_fork_in_child();
    int n_open = 0;
    const auto first = account->take_session_place(n_open), second = account->take_session_place(n_open);
    if (!first.ok() || !second.ok()) return 1;
    const auto claim = account->claim(kMebibyte);
    if (!claim.ok() || account->claim(kMebibyte).ok()) return 2;
    mine->reset();
    return account->claim(kMebibyte).ok() ? 0 : 3;
  });
  budget.after_fork_in_parent();
  stop = true;
  other.join();
}
#endif

// What is promised no longer is not to stay.
TEST(MemoryBudget, WhatIsGivenBackIsNotKept) {
  MemoryBudget budget;
  std::vector<int> kept;
  const auto account =
      std::move(budget.open(kNeeds, {nothing, [&](int n_sessions) { kept.push_back(n_sessions); }})).value();
  int n_open = 0;
  {
    const auto first = account->take_session_place(n_open), second = account->take_session_place(n_open);
    const auto text = account->take_text_place();
    const auto claim = account->claim(kMebibyte);
    EXPECT_TRUE(kept.empty());
  }
  EXPECT_EQ(kept, (std::vector<int>{3, 2, 1, 1}));
}

TEST(MemoryBudget, NoMoreSessionsThanThereArePlaces) {
  MemoryBudget budget;
  const auto account = std::move(budget.open(kNeeds, {nothing})).value();
  int n_open = 0;
  std::vector<Result<MemoryPlace>> places;
  for (int i = 0; i < 3; ++i) places.push_back(account->take_session_place(n_open));
  EXPECT_EQ(account->take_session_place(n_open).status().message(), "sessions: expected at most 3, all are open");
}

// What is looked at and taken is one: many at once never get more than there is.
TEST(MemoryBudget, ManyAtOnceAreNeverPromisedMoreThanThereIs) {
  constexpr int kThreads = 4, kRounds = 500, kRoom = 2;
  MemoryBudget budget(kOneSession * kThreads + kRoom * kMebibyte);
  std::atomic<int> n_claimed = 0, n_too_many = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      const auto account = std::move(budget.open(kNeeds, {nothing})).value();
      for (int i = 0; i < kRounds; ++i) {
        const auto claim = account->claim(kMebibyte);
        if (!claim.ok()) continue;
        if (++n_claimed > kRoom) ++n_too_many;
        --n_claimed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(n_too_many, 0);
}

}  // namespace
}  // namespace tenfold
