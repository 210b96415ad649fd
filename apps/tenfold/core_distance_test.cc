#include "core_distance.h"

#include <gtest/gtest.h>

namespace tenfold::cli {
namespace {

TEST(CoreDistance, IsAPlausibleTime) {
  const auto ns = measure_core_round_trip_ns();
  ASSERT_TRUE(ns.ok()) << ns.status().to_string();
  // From one core's own cache to an emulator's threads that take turns on one core.
  EXPECT_GT(*ns, 1);
  EXPECT_LT(*ns, 1e8);
}

}  // namespace
}  // namespace tenfold::cli
