#include "platform/memory_guard.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace tenfold {
namespace {

TEST(MemoryGuard, RefusesWhatNoMachineHasWithBothNumbers) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  const Status status = expect_memory_for("the vocabulary", kMost);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  const std::string text(status.message());
  EXPECT_TRUE(text.starts_with("memory: the vocabulary: 18446744073709551615 bytes, expected at most the ")) << text;
}

TEST(MemoryGuard, LittleIsNeverRefused) { EXPECT_TRUE(expect_memory_for("a name", 1000).ok()); }

}  // namespace
}  // namespace tenfold
