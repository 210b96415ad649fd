// GLM-4 with a layer behind the last, which predicts the token after next.
#include <gtest/gtest.h>

#include <string>

#include "base/cat.h"
#include "convert/checkpoint_testing.h"

namespace tenfold {
namespace {

void add_layer(TestCheckpoint& checkpoint, const std::string& layer) {
  for (const char* const norm : {"input_layernorm.weight", "post_self_attn_layernorm.weight",
                                 "post_attention_layernorm.weight", "post_mlp_layernorm.weight"}) {
    checkpoint.add(layer + norm, {8});
  }
  checkpoint.add(layer + "self_attn.q_proj.weight", {8, 8});
  checkpoint.add(layer + "self_attn.k_proj.weight", {4, 8});
  checkpoint.add(layer + "self_attn.v_proj.weight", {4, 8});
  checkpoint.add(layer + "self_attn.o_proj.weight", {8, 8});
  checkpoint.add(layer + "mlp.gate_up_proj.weight", {24, 8});
  checkpoint.add(layer + "mlp.down_proj.weight", {8, 12});
}

struct GlmCheckpoint : TestCheckpoint {
  GlmCheckpoint() {
    config["architectures"] = Json::array({"Glm4ForCausalLM"});
    for (const char* const part : {"gate_proj", "up_proj"}) tensors.erase(cat("model.layers.0.mlp.", part, ".weight"));
    add_layer(*this, "model.layers.0.");
    add_layer(*this, "model.layers.1.");
    add("model.layers.1.eh_proj.weight", {8, 16});
    add("model.layers.1.enorm.weight", {8});
    add("model.layers.1.hnorm.weight", {8});
  }
};

std::string error_with(const std::string& name, const std::vector<std::uint64_t>& shape) {
  GlmCheckpoint checkpoint;
  checkpoint.add("model.layers.1." + name, shape);
  return checkpoint.error();
}

TEST(Glm, WritesTheLayerThatGuessesAhead) {
  const GlmCheckpoint checkpoint;
  ASSERT_EQ(checkpoint.error(), "converted");
  const auto file = checkpoint.opened();
  EXPECT_EQ(*file->metadata().unsigned_integer("glm4.block_count"), 2u);
  EXPECT_EQ(*file->metadata().unsigned_integer("glm4.nextn_predict_layers"), 1u);
  EXPECT_NE(file->find_tensor("blk.1.nextn.eh_proj.weight"), nullptr);
  EXPECT_NE(file->find_tensor("blk.1.attn_q.weight"), nullptr);
  for (const char* const own : {"embed_tokens.weight", "shared_head.head.weight"}) {
    EXPECT_EQ(error_with(own, {10, 8}), "converted");
  }
  EXPECT_EQ(error_with("shared_head.norm.weight", {8}), "converted");
}

TEST(Glm, HoldsThatLayerToItsShapesToo) {
  GlmCheckpoint every;
  expect_shapes_are_checked(every, [&] { return every.error(); });
  const auto expected = [](const std::string& name, const char* shape) {
    return "tensor model.layers.1." + name + ": expected the shape " + shape + " by config.json, found ";
  };
  const std::string eh_proj = error_with("eh_proj.weight", {16, 8});
  EXPECT_EQ(eh_proj, expected("eh_proj.weight", "[8, 16]") + "[16, 8]");
  const std::string copy = error_with("embed_tokens.weight", {11, 8});
  EXPECT_EQ(copy, expected("embed_tokens.weight", "[10, 8]") + "[11, 8]");
  const std::string keys = error_with("self_attn.k_proj.weight", {8, 8});
  EXPECT_EQ(keys, expected("self_attn.k_proj.weight", "[4, 8]") + "[8, 8]");
  GlmCheckpoint missing;
  missing.tensors.erase("model.layers.1.enorm.weight");
  EXPECT_TRUE(contains(missing.error(), "model.layers.1.enorm.weight: expected in the checkpoint")) << missing.error();
}

}  // namespace
}  // namespace tenfold
