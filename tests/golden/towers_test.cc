// The vision towers of tests/data/checkpoints, converted and run, beside what transformers makes of the same images.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/cat.h"
#include "convert/convert.h"
#include "cpu/vision_tower.h"
#include "kernels/select.h"
#include "model/golden_testing.h"
#include "model/vision/image_testing.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

class Towers : public testing::TestWithParam<const char*> {
 protected:
  // The rows of all images, one after the other.
  std::vector<float> rows(std::optional<DType> type, Precision precision) {
    ConvertOptions options;
    options.folder = data_path(cat("checkpoints/", GetParam()));
    options.out = folder_.path("model.gguf");
    options.mmproj = folder_.path("mmproj.gguf");
    options.mmproj_type = type;
    const auto report = convert_checkpoint(options, nullptr);
    EXPECT_TRUE(report.ok()) << report.status().to_string();
    const auto file = std::move(GgufFile::open(options.mmproj)).value();
    auto tower = VisionTower::bind(*file, *kernels::runnable_kernels().back(), {precision, {}});
    EXPECT_TRUE(tower.ok()) << tower.status().to_string();
    if (!tower.ok()) return {};
    const auto pool = std::move(TaskPool::create(2)).value();
    EXPECT_TRUE((*tower)->load(*pool, nullptr).ok());
    std::vector<float> all;
    for (const ImageSize size : {ImageSize{56, 112}, {84, 56}, {84, 196}}) {
      const auto image = (*tower)->encode(test_image(size.width, size.height), *pool, {});
      EXPECT_TRUE(image.ok()) << image.status().to_string();
      if (image.ok()) all.insert(all.end(), image->values.begin(), image->values.end());
    }
    return all;
  }

  [[nodiscard]] static std::vector<float> expected() {
    return read_npy(data_path(cat("vision/checkpoint-", GetParam(), ".npy")));
  }

  TempFolder folder_;
};

TEST_P(Towers, ExactRowsAreThoseOfTransformers) {
  EXPECT_LE(nmse(rows(std::nullopt, Precision::kExact), expected()), 1e-9);
}

TEST_P(Towers, FastIsCloseWithEightBits) { EXPECT_LE(nmse(rows(DType::kQ8_0, Precision::kFast), expected()), 1e-2); }

// The model appears only once its tower is whole.
TEST_P(Towers, AFaultInTheTowerLeavesNoModel) {
  ConvertOptions options;
  options.folder = data_path(cat("checkpoints/", GetParam()));
  options.out = folder_.path("model.gguf");
  options.mmproj = folder_.path("missing/mmproj.gguf");
  EXPECT_EQ(convert_checkpoint(options, nullptr).status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(options.out));
}

INSTANTIATE_TEST_SUITE_P(All, Towers, testing::Values("glm4v", "glm-ocr", "qwen2.5vl"),
                         [](const auto& info) { return cat("tower", info.index); });

}  // namespace
}  // namespace tenfold
