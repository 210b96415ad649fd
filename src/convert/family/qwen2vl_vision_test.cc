// The tower of Qwen2-VL, which is written but not run, so that nothing but its list of tensors holds it to its shapes.
#include <gtest/gtest.h>

#include <string>

#include "convert/checkpoint_testing.h"

namespace tenfold {
namespace {

void add_linear(TestCheckpoint& checkpoint, const std::string& name, std::uint64_t n, std::uint64_t k) {
  checkpoint.add(name + ".weight", {n, k});
  checkpoint.add(name + ".bias", {n});
}

void add_norm(TestCheckpoint& checkpoint, const std::string& name) {
  checkpoint.add(name + ".weight", {8});
  checkpoint.add(name + ".bias", {8});
}

// A tower of one block beside the test checkpoint's text model: 8 wide, patches of 2 by 2 pixels.
struct TowerCheckpoint : TestCheckpoint {
  TowerCheckpoint() {
    config["architectures"] = Json::array({"Qwen2VLForConditionalGeneration"});
    config["vision_config"] = {{"depth", 1},      {"embed_dim", 8},          {"hidden_size", 8}, {"num_heads", 2},
                               {"patch_size", 2}, {"spatial_merge_size", 2}, {"image_size", 56}};
    for (const char* const part : {"q_proj", "k_proj", "v_proj"}) {
      const std::string name = std::string("model.layers.0.self_attn.") + part;
      add(name + ".bias", {tensors.at(name + ".weight").shape[0]});
    }
    add("visual.patch_embed.proj.weight", {8, 3, 2, 2, 2});
    add_norm(*this, "visual.blocks.0.norm1");
    add_linear(*this, "visual.blocks.0.attn.qkv", 24, 8);
    add_linear(*this, "visual.blocks.0.attn.proj", 8, 8);
    add_norm(*this, "visual.blocks.0.norm2");
    add_linear(*this, "visual.blocks.0.mlp.fc1", 12, 8);
    add_linear(*this, "visual.blocks.0.mlp.fc2", 8, 12);
    add_norm(*this, "visual.merger.ln_q");
    add_linear(*this, "visual.merger.mlp.0", 32, 32);
    add_linear(*this, "visual.merger.mlp.2", 8, 32);
  }
  [[nodiscard]] std::string error_with_tower() const {
    ConvertOptions options;
    options.mmproj = out_.path("mmproj.gguf");
    return error(options);
  }
  [[nodiscard]] std::unique_ptr<GgufFile> tower() const {
    return std::move(GgufFile::open(out_.path("mmproj.gguf")).value());
  }

 private:
  TempFolder out_;
};

TEST(Qwen2VlVision, WritesATowerThatNothingHereRuns) {
  const TowerCheckpoint checkpoint;
  ASSERT_EQ(checkpoint.error_with_tower(), "converted");
  const auto file = checkpoint.tower();
  EXPECT_EQ(*file->metadata().string("clip.projector_type"), "qwen2vl_merger");
  EXPECT_EQ(file->find_tensor("v.patch_embd.weight.1")->dims, (std::array<std::uint64_t, 4>{2, 2, 3, 8}));
  const std::vector<float>& qkv = checkpoint.tensors.at("visual.blocks.0.attn.qkv.weight").values;
  EXPECT_EQ(floats_of(*file, "v.blk.0.attn_k.weight"), std::vector<float>(qkv.begin() + 64, qkv.begin() + 128));
}

TEST(Qwen2VlVision, HoldsEveryTensorToItsShape) {
  TowerCheckpoint checkpoint;
  expect_shapes_are_checked(checkpoint, [&] { return checkpoint.error_with_tower(); },
                            {"model.embed_tokens.weight", "visual.blocks.0.mlp.fc1.weight"});
}

TEST(Qwen2VlVision, NamesTheTensorThatDoesNotFit) {
  const auto error = [](const auto& change) {
    TowerCheckpoint checkpoint;
    change(checkpoint);
    return checkpoint.error_with_tower();
  };
  const std::string qkv = error([](TestCheckpoint& c) { c.add("visual.blocks.0.attn.qkv.weight", {12, 8}); });
  EXPECT_EQ(qkv, "tensor visual.blocks.0.attn.qkv.weight: expected the shape [24, 8] by config.json, found [12, 8]");
  const std::string patches =
      error([](TestCheckpoint& c) { c.add("visual.patch_embed.proj.weight", {8, 3, 2, 3, 3}); });
  EXPECT_TRUE(contains(patches, "patch_embed.proj.weight: expected the shape [8, 3, 2, 2, 2]")) << patches;
  const std::string fc2 = error([](TestCheckpoint& c) { c.add("visual.blocks.0.mlp.fc2.weight", {8, 16}); });
  EXPECT_TRUE(contains(fc2, "mlp.fc2.weight: expected the shape [8, 12]")) << fc2;
  const std::string missing = error([](TestCheckpoint& c) { c.tensors.erase("visual.blocks.0.norm2.bias"); });
  EXPECT_TRUE(contains(missing, "tensor v.blk.0.ln2.bias: expected in the file of a clip model")) << missing;
  const std::string extra = error([](TestCheckpoint& c) { c.add("visual.patch_embed.proj.bias", {8}); });
  EXPECT_TRUE(contains(extra, "tensor visual.patch_embed.proj.bias: expected none but those of a clip model")) << extra;
  const std::string merge = error([](TestCheckpoint& c) { c.config["vision_config"]["spatial_merge_size"] = 3; });
  EXPECT_TRUE(contains(merge, "spatial_merge_size: expected 2, found 3")) << merge;
}

}  // namespace
}  // namespace tenfold
