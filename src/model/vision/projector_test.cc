#include "model/vision/projector.h"

#include <gtest/gtest.h>

#include "model/entry_testing.h"
#include "model/golden_testing.h"
#include "model/vision/image_testing.h"

namespace tenfold {
namespace {

// The keys of a tiny model, without those named and with those given.
Result<ProjectorSpec> read(const std::string& name, const std::vector<std::string>& without,
                           std::vector<GgufEntry> with = {}) {
  const auto file = GgufFile::open(data_path("vision/" + name + "-mmproj.gguf"));
  EXPECT_TRUE(file.ok()) << file.status().to_string();
  std::vector<GgufEntry> entries = std::move(with);
  for (const GgufEntry& entry : (*file)->metadata().entries()) {
    const auto is_key = [&](const auto& other) { return entry.key == other; };
    const auto is_given = [&](const GgufEntry& given) { return entry.key == given.key; };
    if (std::none_of(without.begin(), without.end(), is_key) &&
        std::none_of(entries.begin(), entries.end(), is_given)) {
      entries.push_back(entry);
    }
  }
  return read_projector_spec(GgufMetadata(std::move(entries)));
}

void expect_error(const Result<ProjectorSpec>& spec, StatusCode code, std::string_view text) {
  EXPECT_EQ(spec.status().code(), code) << spec.status().to_string();
  EXPECT_NE(spec.status().message().find(text), std::string_view::npos) << spec.status().to_string();
}

TEST(ProjectorSpecTest, ReadsBothKinds) {
  const auto glm = read("glm4v", {});
  ASSERT_TRUE(glm.ok()) << glm.status().to_string();
  EXPECT_EQ(glm->spec.projector, "glm4v");
  EXPECT_EQ(glm->spec.window_side, 0);
  EXPECT_EQ(glm->spec.encoder.any_layer().head_dim, 16);
  const auto qwen = read("qwen2.5vl", {});
  ASSERT_TRUE(qwen.ok()) << qwen.status().to_string();
  EXPECT_EQ(qwen->spec.window_side, 4);
  EXPECT_FALSE(qwen->spec.sees_all(0));
  EXPECT_TRUE(qwen->spec.sees_all(1));
  EXPECT_EQ(read("qwen2.5vl", {"clip.vision.window_size"})->spec.window_side, 8);
}

TEST(ProjectorSpecTest, OtherProjectorsAreRefusedByName) {
  expect_error(read("glm4v", {"clip.projector_type"}), StatusCode::kUnsupported, "glm4v, qwen2.5vl_merger");
  expect_error(read("glm4v", {}, {entry("clip.projector_type", std::string("internvl"))}), StatusCode::kUnsupported,
               "found internvl");
  expect_error(read("glm4v", {}, {entry("clip.projector_type", std::string("qwen2vl_merger"))}),
               StatusCode::kUnsupported, "expected one of glm4v, qwen2.5vl_merger; found qwen2vl_merger");
  expect_error(read("glm4v", {}, {entry("general.architecture", std::string("llama"))}), StatusCode::kUnsupported,
               "mmproj");
}

TEST(ProjectorSpecTest, EveryKeyMustBeKnown) {
  expect_error(read("glm4v", {}, {entry("clip.vision.is_new", true)}), StatusCode::kUnsupported, "clip.vision.is_new");
  expect_error(read("glm4v", {}, {entry("clip.has_audio_encoder", true)}), StatusCode::kUnsupported, "audio");
  expect_error(read("glm4v", {}, {entry("clip.use_gelu", true)}), StatusCode::kUnsupported, "use_gelu");
  expect_error(read("glm4v", {}, {entry("clip.vision.spatial_merge_size", std::uint32_t{3})}), StatusCode::kUnsupported,
               "spatial_merge_size");
}

TEST(ProjectorSpecTest, SizesAreChecked) {
  for (const char* key : {"clip.vision.block_count", "clip.vision.embedding_length", "clip.vision.projection_dim",
                          "clip.vision.attention.head_count", "clip.vision.patch_size"}) {
    expect_error(read("glm4v", {key}), StatusCode::kCorruptData, key);
    expect_error(read("glm4v", {}, {entry(key, std::uint32_t{0})}), StatusCode::kCorruptData, key);
  }
  expect_error(read("glm4v", {}, {entry("clip.vision.attention.head_count", std::uint32_t{5})}),
               StatusCode::kCorruptData, "head_count");
  expect_error(read("glm4v", {}, {{"clip.vision.image_std", GgufValue(GgufArray(std::vector<float>{1, 0, 1}))}}),
               StatusCode::kCorruptData, "image_std");
  expect_error(read("glm4v", {}, {{"clip.vision.image_mean", GgufValue(GgufArray(std::vector<float>{1, 0}))}}),
               StatusCode::kCorruptData, "image_mean");
  expect_error(read("qwen2.5vl", {}, {entry("clip.vision.window_size", std::uint32_t{20})}), StatusCode::kCorruptData,
               "window_size");
}

}  // namespace
}  // namespace tenfold
