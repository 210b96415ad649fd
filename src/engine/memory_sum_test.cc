#include "engine/memory_sum.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

constexpr std::uint64_t kTooMuch = std::uint64_t{1} << 62;

TEST(MemorySum, TheCallersLimitIsExact) {
  const MemorySum sum{100, 20, 3, 4, 64, 2};
  EXPECT_EQ(sum.total(), 127u);
  EXPECT_EQ(expect_fits(sum, {}, {.engine = 127}).value(), 0u);
  const Status refused = expect_fits(sum, {}, {.engine = 126}).status();
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.message(),
            "memory: 100 bytes of weights, 20 of vocabulary, 3 of KV cache (64 tokens, sessions: 2) and 4 to work in "
            "make 127, expected at most 126; use a smaller model or context");
}

TEST(MemorySum, WhatAnImageNeedsIsRefusedAsAnImage) {
  MemorySum sum{100, 20, 3, 4, 64, 2};
  sum.advice = kUseSmallerImage;
  EXPECT_TRUE(
      expect_fits(sum, {}, {.engine = 126}).status().message().ends_with("; use a smaller image, or fewer at a time"));
}

TEST(MemorySum, TheMachineIsALimitWithoutOne) {
  const MemorySum sum{kTooMuch, 0, 0, 0, 0, 1};
  EXPECT_EQ(expect_fits(sum, {}, {}).status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(expect_fits(sum, {kTooMuch, kTooMuch}, {}).ok()) << "it is there already";
}

TEST(MemorySum, WhatOthersWerePromisedIsNotThereTwice) {
  const MemorySum sum{100, 20, 3, 4, 64, 2};
  MemoryOfOthers others;
  others.add({.weights = 40, .vocabulary = 10}, {.touched = 30, .mapped = 60});
  EXPECT_EQ(others.promised, 50u);
  EXPECT_EQ(others.to_touch, 20u);
  EXPECT_EQ(others.to_map, 0u);
  EXPECT_EQ(expect_fits(sum, {}, {.host = 177}, others).value(), 0u);
  const Status refused = expect_fits(sum, {}, {.host = 176}, others).status();
  EXPECT_TRUE(
      refused.message().ends_with("make 127, expected at most 126 beside 50 that other models of this process were "
                                  "promised; use a smaller model or "
                                  "context"))
      << refused.to_string();
  others.to_touch = kTooMuch;
  EXPECT_EQ(expect_fits(sum, {}, {}, others).status().code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace tenfold
