#include "image/target_size.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

// GLM-4.1V's and Qwen2.5-VL's own limits, of still images.
constexpr TargetSizeRule kGlm = {28, 6272, 4816896, true};
constexpr TargetSizeRule kQwen = {28, 3136, 12845056, false};

ImageSize target(ImageSize size, const TargetSizeRule& rule) {
  const auto result = target_size(size, rule);
  EXPECT_TRUE(result.ok()) << result.status().to_string();
  return result.ok() ? *result : ImageSize{};
}

TEST(TargetSizeTest, ScreenshotsBecomeWholeTokens) {
  EXPECT_EQ(target({1080, 2400}, kGlm), (ImageSize{1092, 2408}));
  EXPECT_EQ(target({1080, 2400}, {28, 6272, 2500000, true}), (ImageSize{1036, 2352}));
  EXPECT_EQ(target({1080, 2400}, kQwen), (ImageSize{1092, 2408}));
  EXPECT_EQ(target({1440, 3200}, kGlm), (ImageSize{1428, 3192}));
  EXPECT_EQ(target({28, 28}, kGlm), (ImageSize{84, 84}));
  EXPECT_EQ(target({1, 1}, kGlm), (ImageSize{84, 84}));
  EXPECT_EQ(target({1, 1}, kQwen), (ImageSize{56, 56}));
}

TEST(TargetSizeTest, HalvesGoToTheEvenMultiple) {
  EXPECT_EQ(target({14 + 28 * 4, 28 * 10}, kGlm).width, 28 * 4);
  EXPECT_EQ(target({14 + 28 * 5, 28 * 10}, kGlm).width, 28 * 6);
}

TEST(TargetSizeTest, ThinImagesAreRefusedBeyondALimit) {
  EXPECT_EQ(target({2, 400}, kGlm), (ImageSize{28, 5600}));
  for (const TargetSizeRule& rule : {kGlm, kQwen}) {
    EXPECT_EQ(target_size({1, 65535}, rule).status().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(target_size({65535, 300}, rule).status().code(), StatusCode::kInvalidArgument);
  }
}

TEST(TargetSizeTest, StaysWithinTheLimitsForAnyShape) {
  constexpr TargetSizeRule kSmall = {28, 6272, 784000, true};
  for (int width = 1; width < 5000; width = width * 5 / 4 + 1) {
    for (int height = width; height < 5000 && height <= width * 20; height = height * 4 / 3 + 1) {
      const ImageSize size = target({width, height}, kSmall);
      EXPECT_EQ(size.width % 28, 0);
      EXPECT_EQ(size.height % 28, 0);
      EXPECT_GE(size.n_pixels(), 6272);
      EXPECT_LE(size.n_pixels(), 784000) << width << " by " << height;
    }
  }
}

}  // namespace
}  // namespace tenfold
