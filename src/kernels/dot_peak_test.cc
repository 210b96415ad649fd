#include "kernels/dot_peak.h"

#include <gtest/gtest.h>

#include <set>

#include "kernels/select.h"

namespace tenfold::kernels {
namespace {

TEST(DotPeak, EveryTableHasItsOwnThatCountsItsProducts) {
  std::set<DotPeakFn> seen;
  for (const KernelTable* table : runnable_kernels()) {
    const DotPeakFn peak = dot_peak(*table);
    EXPECT_TRUE(seen.insert(peak).second) << table->isa;
    EXPECT_EQ(peak(0), 0) << table->isa;
    EXPECT_GT(peak(1), 0) << table->isa;
    EXPECT_EQ(peak(7), 7 * peak(1)) << table->isa;
  }
}

}  // namespace
}  // namespace tenfold::kernels
