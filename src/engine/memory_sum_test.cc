#include "engine/memory_sum.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

constexpr std::uint64_t kTooMuch = std::uint64_t{1} << 62;

TEST(MemorySum, TheCallersLimitIsExact) {
  const MemorySum sum{100, 20, 3, 4, 64, 2};
  EXPECT_EQ(sum.total(), 127u);
  EXPECT_EQ(expect_fits(sum, {}, 127).value(), 0u);
  const Status refused = expect_fits(sum, {}, 126).status();
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.message(),
            "memory: 100 bytes of weights, 20 of vocabulary, 3 of KV cache (64 tokens, sessions: 2) and 4 to work in "
            "make 127, expected at most 126; use a smaller model or context");
}

TEST(MemorySum, WhatAPictureNeedsIsRefusedAsAPicture) {
  MemorySum sum{100, 20, 3, 4, 64, 2};
  sum.advice = kUseSmallerPicture;
  EXPECT_TRUE(expect_fits(sum, {}, 126).status().message().ends_with("; use a smaller picture, or fewer at a time"));
}

TEST(MemorySum, TheMachineIsALimitWithoutOne) {
  const MemorySum sum{kTooMuch, 0, 0, 0, 0, 1};
  EXPECT_EQ(expect_fits(sum, {}, 0).status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(expect_fits(sum, {kTooMuch, kTooMuch}, 0).ok()) << "it is there already";
}

TEST(MemorySum, AClaimIsGivenBack) {
  std::atomic<std::uint64_t> claimed = 5;
  {
    claimed += 7;
    const MemoryClaim claim(&claimed, GiveBack{7});
    EXPECT_EQ(claimed, 12u);
  }
  EXPECT_EQ(claimed, 5u);
}

}  // namespace
}  // namespace tenfold
