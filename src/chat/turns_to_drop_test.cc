#include "chat/turns_to_drop.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "base/error.h"

namespace tenfold {
namespace {

// A conversation as its numbers of tokens: the system message, a question and its answer a turn, the newest question.
struct Sizes {
  std::size_t system = 0;
  std::vector<std::size_t> turns;
  std::size_t newest = 0;

  [[nodiscard]] std::size_t without(std::size_t n_dropped) const {
    return std::accumulate(turns.begin() + static_cast<std::ptrdiff_t>(n_dropped), turns.end(), system + newest);
  }
};

std::size_t dropped(const Sizes& sizes, const ContextSize& size) {
  const auto count = [&](std::size_t n) -> Result<std::size_t> { return sizes.without(n); };
  return turns_to_drop(sizes.turns.size(), size, count).value();
}

TEST(FitPrompt, NothingGoesWhileAllFits) {
  EXPECT_EQ(dropped({10, {}, 90}, {100, 0}), 0u);
  EXPECT_EQ(dropped({10, {20, 20}, 30}, {100, 20}), 0u);
}

TEST(FitPrompt, HalfOfTheContextIsFreeAfterwards) {
  // 10 + 8·10 + 10 + room of 10 > 100; left are 10 + 2·10 + 10.
  EXPECT_EQ(dropped({10, {10, 10, 10, 10, 10, 10, 10, 10}, 10}, {100, 10}), 6u);
}

TEST(FitPrompt, TheLastTurnStaysIfThereIsRoomForIt) {
  EXPECT_EQ(dropped({5, {20, 20, 60}, 10}, {100, 10}), 2u) << "though half is not free";
  EXPECT_EQ(dropped({5, {20, 20, 60}, 30}, {100, 10}), 3u) << "there is no room";
  EXPECT_EQ(dropped({5, {70}, 30}, {100, 10}), 1u);
}

TEST(FitPrompt, ALargeNewestMessageLeavesTheLastTurn) {
  EXPECT_EQ(dropped({5, {10, 10, 10}, 70}, {100, 10}), 2u);
  EXPECT_EQ(dropped({5, {10, 10, 10}, 90}, {100, 10}), 3u);
}

TEST(FitPrompt, AMessageThatNeverFitsIsLeftAlone) {
  EXPECT_EQ(dropped({5, {10, 10}, 200}, {100, 10}), 2u);
  EXPECT_EQ(dropped({5, {}, 200}, {100, 10}), 0u);
  EXPECT_EQ(dropped({5, {10, 10}, 20}, {16, 256}), 2u) << "less context than room";
}

TEST(FitPrompt, AFullConversationIsReadAgainOnceInEightTurns) {
  constexpr ContextSize kSize{2048, 256};
  Sizes sizes{30, {}, 85};
  std::vector<int> drops;
  for (int turn = 0; turn < 100; ++turn) {
    const std::size_t n = dropped(sizes, kSize);
    if (n > 0) drops.push_back(turn);
    sizes.turns.erase(sizes.turns.begin(), sizes.turns.begin() + static_cast<std::ptrdiff_t>(n));
    ASSERT_LE(sizes.without(0) + kSize.n_room, kSize.n_ctx);
    sizes.turns.push_back(sizes.newest + 40);
  }
  ASSERT_GT(drops.size(), 5u);
  for (std::size_t i = 1; i < drops.size(); ++i) EXPECT_GE(drops[i] - drops[i - 1], 8);
}

TEST(FitPrompt, CountsFewTimes) {
  const Sizes sizes{10, std::vector<std::size_t>(1000, 8), 10};
  int n_counts = 0;
  const auto count = [&](std::size_t n) -> Result<std::size_t> { return ++n_counts, sizes.without(n); };
  EXPECT_EQ(turns_to_drop(1000, {8000, 256}, count).value(), 535u);
  EXPECT_LE(n_counts, 22);
}

TEST(FitPrompt, PassesErrorsOn) {
  const auto count = [](std::size_t) -> Result<std::size_t> { return invalid_argument("no"); };
  EXPECT_EQ(turns_to_drop(3, {100, 10}, count).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tenfold
