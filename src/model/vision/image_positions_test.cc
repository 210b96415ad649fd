#include "model/vision/image_positions.h"

#include <gtest/gtest.h>

#include "base/cat.h"
#include "base/json.h"
#include "model/golden_testing.h"
#include "model/vision/image_testing.h"

namespace tenfold {
namespace {

TEST(ImagePositionsTest, TextAlone) {
  const TextPositions text = text_positions(3, {});
  EXPECT_EQ(text.positions, (std::vector<RopePosition>{{0, 0, 0}, {1, 1, 1}, {2, 2, 2}}));
  EXPECT_EQ(text.next, 3);
}

TEST(ImagePositionsTest, TextGoesOnAfterTheLongerSide) {
  const ImageSpan image{1, 2, 3};
  const TextPositions text = text_positions(8, {&image, 1});
  EXPECT_EQ(text.positions,
            (std::vector<RopePosition>{
                {0, 0, 0}, {1, 1, 1}, {1, 1, 2}, {1, 1, 3}, {1, 2, 1}, {1, 2, 2}, {1, 2, 3}, {4, 4, 4}}));
  EXPECT_EQ(text.next, 5);
}

// Text and images in turn: as transformers' get_rope_index says.
TEST(ImagePositionsTest, EqualsTransformers) {
  for (const char* name : {"glm4v", "qwen2.5vl"}) {
    const Json golden = read_json(data_path(cat("vision/", name, ".json")));
    const int placeholder = golden["placeholder"].get<int>();
    std::vector<ImageSpan> images;
    int n_tokens = 0;
    for (const auto& token : golden["prompt"]) {
      if (token.get<int>() != placeholder) {
        ++n_tokens;
        continue;
      }
      const auto& size = golden["pictures"][images.size()];
      images.push_back({n_tokens, size[1].get<int>() / 28, size[0].get<int>() / 28});
      n_tokens = images.back().end();
    }
    ASSERT_EQ(images.size(), 3U);
    ASSERT_EQ(n_tokens, golden["n_tokens"].get<int>());
    const TextPositions text = text_positions(n_tokens, images);
    const Json& expected = golden["positions"];
    for (int t = 0; t < n_tokens; ++t) {
      for (std::size_t axis = 0; axis < 3; ++axis) {
        EXPECT_EQ(text.positions[static_cast<std::size_t>(t)][axis],
                  expected[axis][static_cast<std::size_t>(t)].get<int>())
            << name << " token " << t << " axis " << axis;
      }
    }
  }
}

}  // namespace
}  // namespace tenfold
