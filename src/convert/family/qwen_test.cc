// Qwen3 with experts, which the checkpoint has one by one and the file stacked.
#include <gtest/gtest.h>

#include <string>

#include "base/cat.h"
#include "convert/checkpoint_testing.h"

namespace tenfold {
namespace {

struct MoeCheckpoint : TestCheckpoint {
  MoeCheckpoint() {
    config["architectures"] = Json::array({"Qwen3MoeForCausalLM"});
    config["num_experts"] = 2;
    config["num_experts_per_tok"] = 1;
    config["moe_intermediate_size"] = 6;
    config["norm_topk_prob"] = true;
    const std::string layer = "model.layers.0.";
    for (const char* const part : {"gate_proj", "up_proj", "down_proj"}) {
      tensors.erase(cat(layer, "mlp.", part, ".weight"));
    }
    for (const char* const norm : {"q_norm", "k_norm"}) add(cat(layer, "self_attn.", norm, ".weight"), {4});
    add(layer + "mlp.gate.weight", {2, 8});
    for (int i = 0; i < 2; ++i) {
      add(cat(layer, "mlp.experts.", i, ".gate_proj.weight"), {6, 8});
      add(cat(layer, "mlp.experts.", i, ".up_proj.weight"), {6, 8});
      add(cat(layer, "mlp.experts.", i, ".down_proj.weight"), {8, 6});
    }
  }
};

TEST(Qwen3Moe, StacksExperts) {
  const MoeCheckpoint checkpoint;
  ASSERT_EQ(checkpoint.error(), "converted");
  std::vector<float> expected;
  for (int i = 0; i < 2; ++i) {
    const auto& values = checkpoint.tensors.at(cat("model.layers.0.mlp.experts.", i, ".down_proj.weight")).values;
    expected.insert(expected.end(), values.begin(), values.end());
  }
  EXPECT_EQ(floats_of(*checkpoint.opened(), "blk.0.ffn_down_exps.weight"), expected);
}

TEST(Qwen3Moe, HoldsEveryExpertToItsShape) {
  MoeCheckpoint checkpoint;
  expect_shapes_are_checked(checkpoint, [&] { return checkpoint.error(); });
}

TEST(Qwen3Moe, NamesAnExpertThatIsMissingOrOneTooMany) {
  MoeCheckpoint missing;
  missing.tensors.erase("model.layers.0.mlp.experts.1.up_proj.weight");
  EXPECT_TRUE(contains(missing.error(), "experts.1.up_proj.weight: expected one for each of 2 experts"));
  MoeCheckpoint extra;
  extra.add("model.layers.0.mlp.experts.2.up_proj.weight", {6, 8});
  EXPECT_TRUE(contains(extra.error(), "experts.2.up_proj.weight: expected none")) << extra.error();
}

}  // namespace
}  // namespace tenfold
