#include "model/vision/patch_layout.h"

#include <gtest/gtest.h>

#include <set>

namespace tenfold {
namespace {

TEST(PatchLayoutTest, SquaresOfFourRowByRow) {
  const PatchLayout layout = lay_out_patches(VisionSpec{}, {56, 28});
  EXPECT_EQ(layout.rows, 1);
  EXPECT_EQ(layout.columns, 2);
  EXPECT_EQ(layout.positions,
            (std::vector<RopePosition>{
                {0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 1}, {0, 0, 2}, {0, 0, 3}, {0, 1, 2}, {0, 1, 3}}));
  EXPECT_EQ(layout.squares, (std::vector<std::int32_t>{0, 1}));
  EXPECT_TRUE(layout.windows.empty());
}

// 3 by 5 tokens in windows of 2 by 2 tokens.
TEST(PatchLayoutTest, WindowsAreStretches) {
  VisionSpec spec;
  spec.window_side = 4;
  const PatchLayout layout = lay_out_patches(spec, {28 * 5, 28 * 3});
  EXPECT_EQ(layout.windows, (std::vector<int>{16, 16, 8, 8, 8, 4}));
  EXPECT_EQ(layout.squares, (std::vector<std::int32_t>{0, 1, 4, 5, 8, 2, 3, 6, 7, 9, 10, 11, 12, 13, 14}));
  std::set<RopePosition> seen;
  std::size_t patch = 0;
  for (const int n : layout.windows) {
    const RopePosition first = layout.positions[patch];
    for (int i = 0; i < n; ++i, ++patch) {
      const RopePosition& position = layout.positions[patch];
      EXPECT_EQ(position[1] / 4, first[1] / 4);
      EXPECT_EQ(position[2] / 4, first[2] / 4);
      seen.insert(position);
    }
  }
  EXPECT_EQ(seen.size(), 60U);
}

}  // namespace
}  // namespace tenfold
