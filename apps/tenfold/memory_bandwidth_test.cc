#include "memory_bandwidth.h"

#include <gtest/gtest.h>

namespace tenfold::cli {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

TEST(MemoryBandwidth, ReportsAPlausibleRateForAnyNumberOfThreads) {
  for (const int n_threads : {1, 2, 5}) {
    const auto rate = measure_read_bandwidth(n_threads, 8 * kMiB);
    ASSERT_TRUE(rate.ok()) << rate.status().to_string();
    // Wide enough for an emulator under load and for a server's caches.
    EXPECT_GT(*rate, 1e-4);
    EXPECT_LT(*rate, 1e5);
  }
}

TEST(MemoryBandwidth, RefusesThreadCountsThatMakeNoSense) {
  for (const int n_threads : {0, -1, 1025}) {
    EXPECT_EQ(measure_read_bandwidth(n_threads, kMiB).status().code(), StatusCode::kInvalidArgument);
  }
}

TEST(MemoryBandwidth, RefusesMoreThanTheAddressSpaceHolds) {
  EXPECT_EQ(measure_read_bandwidth(1, std::size_t{1} << 62).status().code(), StatusCode::kResourceExhausted);
}

TEST(MemoryBandwidth, DefaultBufferIsBoundedButNotEmpty) {
  EXPECT_GT(default_probe_bytes(), 0U);
  EXPECT_LE(default_probe_bytes(), 1024 * kMiB);
}

}  // namespace
}  // namespace tenfold::cli
