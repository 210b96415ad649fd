// Folders that are no whole checkpoints, and what is said of them.
#include "convert/folder_faults.h"

#include <gtest/gtest.h>

#include "convert/checkpoint_testing.h"

namespace tenfold {
namespace {

constexpr const char* kPointer =
    "version https://git-lfs.github.com/spec/v1\noid "
    "sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e"
    "2393\nsize 12345\n";

// What converting the folder as it is now says.
class FolderFaultsTest : public testing::Test {
 protected:
  FolderFaultsTest() : folder_(checkpoint_.write()) {}

  std::string error() {
    ConvertOptions options;
    options.folder = folder_.folder();
    options.out = folder_.path("out.gguf");
    const auto report = convert_checkpoint(options, nullptr);
    if (report.ok()) notes_ = report->notes;
    return report.ok() ? "converted" : std::string(report.status().message());
  }
  void expect_error(const char* part) { EXPECT_NE(error().find(part), std::string::npos) << error(); }
  void remove(const char* file) { std::filesystem::remove(folder_.path(file)); }

  TestCheckpoint checkpoint_;
  const TempFolder& folder_;
  std::vector<std::string> notes_;
};

TEST_F(FolderFaultsTest, GitLfsPointersAreNamed) {
  for (const char* file : {"tokenizer.json", "config.json", "model.safetensors"}) {
    static_cast<void>(checkpoint_.write());
    folder_.write(file, kPointer);
    expect_error("found a Git LFS pointer to it; run `git lfs pull`");
    expect_error(file);
  }
}

TEST_F(FolderFaultsTest, AnAdapterAloneIsNoModel) {
  for (const char* file : {"model.safetensors", "config.json"}) {
    remove(file);
    folder_.write("adapter_config.json", R"({"peft_type": "LORA", "base_model_name_or_path": "some/base"})");
    expect_error("expected a whole model, found an adapter of some/base; merge it into its base model");
  }
  folder_.write("adapter_config.json", "no JSON");
  expect_error("found an adapter; merge it");
}

TEST_F(FolderFaultsTest, AnAdapterBesideAModelIsNoted) {
  folder_.write("adapter_model.safetensors", "whatever");
  EXPECT_EQ(error(), "converted");
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_NE(notes_[0].find("an adapter lies beside the weights and is not applied"), std::string::npos) << notes_[0];
}

TEST_F(FolderFaultsTest, AnAdapterThatIsNotMergedIsNamed) {
  const std::string q_proj = "model.layers.0.self_attn.q_proj.";
  for (const std::string name : {"base_layer.weight", "lora_A.default.weight"}) {
    TestCheckpoint checkpoint;
    checkpoint.rename(q_proj + "weight", "base_model.model." + q_proj + name);
    EXPECT_NE(checkpoint.error().find("found those of an adapter that is not merged"), std::string::npos)
        << checkpoint.error();
    EXPECT_EQ(checkpoint.error().find("shard"), std::string::npos) << checkpoint.error();
  }
}

TEST_F(FolderFaultsTest, ShardsWithoutTheirIndexAreNamed) {
  std::filesystem::rename(folder_.path("model.safetensors"), folder_.path("model-00001-of-00002.safetensors"));
  expect_error("found 1 shard without the index; download model.safetensors.index.json too");
}

TEST_F(FolderFaultsTest, WeightsOfAnotherFormatAreNamed) {
  std::filesystem::rename(folder_.path("model.safetensors"), folder_.path("consolidated.safetensors"));
  expect_error("found consolidated.safetensors");
  remove("consolidated.safetensors");
  folder_.write("pytorch_model.bin", "x");
  expect_error("save the model again with safe_serialization=True");
}

}  // namespace
}  // namespace tenfold
