// LFM2: layers of two kinds, and the words of its own that config.json has.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "convert/checkpoint_testing.h"

namespace tenfold {
namespace {

constexpr const char* kMixers[] = {"conv", "full_attention", "conv"};

void add_layer(TestCheckpoint& checkpoint, const std::string& layer, std::string_view mixer) {
  checkpoint.add(layer + "operator_norm.weight", {8});
  checkpoint.add(layer + "ffn_norm.weight", {8});
  checkpoint.add(layer + "feed_forward.w1.weight", {12, 8});
  checkpoint.add(layer + "feed_forward.w2.weight", {8, 12});
  checkpoint.add(layer + "feed_forward.w3.weight", {12, 8});
  if (mixer == "conv") {
    checkpoint.add(layer + "conv.in_proj.weight", {24, 8});
    checkpoint.add(layer + "conv.conv.weight", {8, 1, 3});
    checkpoint.add(layer + "conv.out_proj.weight", {8, 8});
    return;
  }
  checkpoint.add(layer + "self_attn.q_proj.weight", {8, 8});
  checkpoint.add(layer + "self_attn.k_proj.weight", {4, 8});
  checkpoint.add(layer + "self_attn.v_proj.weight", {4, 8});
  checkpoint.add(layer + "self_attn.out_proj.weight", {8, 8});
  checkpoint.add(layer + "self_attn.q_layernorm.weight", {4});
  checkpoint.add(layer + "self_attn.k_layernorm.weight", {4});
}

// The test checkpoint with other layers: a convolution, attention, a convolution.
struct Lfm2Checkpoint : TestCheckpoint {
  Lfm2Checkpoint() {
    config["architectures"] = Json::array({"Lfm2ForCausalLM"});
    config["rms_norm_eps"] = nullptr;
    config["norm_eps"] = 1e-3;
    config["num_hidden_layers"] = 3;
    config["layer_types"] = Json::array({kMixers[0], kMixers[1], kMixers[2]});
    config["block_auto_adjust_ff_dim"] = false;
    config["conv_L_cache"] = 3;
    tensors.clear();
    add("model.embed_tokens.weight", {10, 8});
    add("model.embedding_norm.weight", {8});
    for (int i = 0; i < 3; ++i) add_layer(*this, cat("model.layers.", i, "."), kMixers[i]);
  }
};

using Dims = std::array<std::uint64_t, 4>;

TEST(Lfm2, WritesLayersOfTwoKinds) {
  const Lfm2Checkpoint checkpoint;
  const auto report = checkpoint.convert();
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  EXPECT_EQ(report->architecture, "lfm2");
  EXPECT_EQ(report->n_tensors, checkpoint.tensors.size());
  EXPECT_TRUE(report->notes.empty());
  const auto file = checkpoint.opened();
  const GgufMetadata& m = file->metadata();
  EXPECT_EQ(*m.integers("lfm2.attention.head_count_kv"), (std::vector<std::int64_t>{0, 1, 0}));
  EXPECT_EQ(*m.unsigned_integer("lfm2.attention.head_count"), 2u);
  EXPECT_EQ(*m.unsigned_integer("lfm2.block_count"), 3u);
  EXPECT_EQ(*m.unsigned_integer("lfm2.feed_forward_length"), 12u);
  EXPECT_EQ(*m.unsigned_integer("lfm2.shortconv.l_cache"), 3u);
  EXPECT_EQ(*m.unsigned_integer("lfm2.vocab_size"), 10u);
  EXPECT_FLOAT_EQ(static_cast<float>(*m.real("lfm2.attention.layer_norm_rms_epsilon")), 1e-3F);
  EXPECT_FLOAT_EQ(static_cast<float>(*m.real("lfm2.rope.freq_base")), 5000);
  for (const auto& [from, to] : {std::pair{"model.embedding_norm", "token_embd_norm"},
                                 std::pair{"model.layers.0.operator_norm", "blk.0.attn_norm"},
                                 std::pair{"model.layers.0.conv.in_proj", "blk.0.shortconv.in_proj"},
                                 std::pair{"model.layers.2.conv.conv", "blk.2.shortconv.conv"},
                                 std::pair{"model.layers.2.conv.out_proj", "blk.2.shortconv.out_proj"},
                                 std::pair{"model.layers.1.self_attn.q_proj", "blk.1.attn_q"},
                                 std::pair{"model.layers.1.self_attn.out_proj", "blk.1.attn_output"},
                                 std::pair{"model.layers.1.self_attn.k_layernorm", "blk.1.attn_k_norm"},
                                 std::pair{"model.layers.1.feed_forward.w1", "blk.1.ffn_gate"},
                                 std::pair{"model.layers.1.feed_forward.w2", "blk.1.ffn_down"},
                                 std::pair{"model.layers.1.feed_forward.w3", "blk.1.ffn_up"}}) {
    EXPECT_EQ(floats_of(*file, cat(to, ".weight")), checkpoint.tensors.at(cat(from, ".weight")).values) << to;
  }
  EXPECT_EQ(file->find_tensor("blk.0.shortconv.in_proj.weight")->dims, (Dims{8, 24, 1, 1}));
  EXPECT_EQ(file->find_tensor("blk.0.shortconv.conv.weight")->dims, (Dims{3, 8, 1, 1}));
}

TEST(Lfm2, KeepsTheConvolutionInFullPrecision) {
  Lfm2Checkpoint checkpoint;
  for (auto& [name, tensor] : checkpoint.tensors) tensor.type = "BF16";
  ASSERT_TRUE(checkpoint.convert().ok()) << checkpoint.error();
  const auto file = checkpoint.opened();
  EXPECT_EQ(*file->find_tensor("blk.0.shortconv.in_proj.weight")->dtype(), DType::kBF16);
  EXPECT_EQ(*file->find_tensor("blk.0.shortconv.conv.weight")->dtype(), DType::kF32);
}

TEST(Lfm2, HoldsEveryTensorToItsShape) {
  Lfm2Checkpoint checkpoint;
  expect_shapes_are_checked(checkpoint, [&] { return checkpoint.error(); });
}

// As the first checkpoints say it.
TEST(Lfm2, TakesLayersByTheirIndices) {
  Lfm2Checkpoint checkpoint;
  checkpoint.config["layer_types"] = nullptr;
  checkpoint.config["full_attn_idxs"] = Json::array({1});
  ASSERT_TRUE(checkpoint.convert().ok()) << checkpoint.error();
  EXPECT_EQ(*checkpoint.opened()->metadata().integers("lfm2.attention.head_count_kv"),
            (std::vector<std::int64_t>{0, 1, 0}));
  checkpoint.config["full_attn_idxs"] = Json::array({1, 3});
  EXPECT_TRUE(contains(checkpoint.error(), "full_attn_idxs: expected layers below 3, found 3")) << checkpoint.error();
  checkpoint.config["full_attn_idxs"] = nullptr;
  EXPECT_TRUE(contains(checkpoint.error(), "model.layers.0.self_attn.q_proj.weight: expected")) << checkpoint.error();
}

TEST(Lfm2, BringsTheFeedForwardSizeDownAsTransformersDoes) {
  Lfm2Checkpoint checkpoint;
  checkpoint.config["block_auto_adjust_ff_dim"] = nullptr;  // true, where nothing is said
  checkpoint.config["block_multiple_of"] = 4;
  for (const auto& [named, factor] : {std::pair{18, 1.0}, std::pair{14, 1.0}, std::pair{9, 2.0}, std::pair{17, 0.9}}) {
    checkpoint.config["block_ff_dim"] = named;
    checkpoint.config["block_ffn_dim_multiplier"] = factor;
    EXPECT_EQ(checkpoint.error(), "converted") << named;
  }
  checkpoint.config["block_ff_dim"] = 19;
  checkpoint.config["block_ffn_dim_multiplier"] = 1.1;
  EXPECT_TRUE(contains(checkpoint.error(), "expected the shape [16, 8]")) << checkpoint.error();
  checkpoint.config["block_ff_dim"] = 1;
  EXPECT_TRUE(contains(checkpoint.error(), "block_ff_dim: expected 1…")) << checkpoint.error();
}

TEST(Lfm2, TakesAModelThatWasSavedWithoutItsHead) {
  Lfm2Checkpoint checkpoint;
  checkpoint.config["architectures"] = Json::array({"Lfm2Model"});
  std::vector<std::string> names;
  for (const auto& [name, tensor] : checkpoint.tensors) names.push_back(name);
  for (const std::string& name : names) checkpoint.rename(name, name.substr(std::string_view("model.").size()));
  EXPECT_EQ(checkpoint.error(), "converted");
}

TEST(Lfm2, LeavesOutAHeadThatItCallsTied) {
  Lfm2Checkpoint checkpoint;
  checkpoint.config["tie_embedding"] = true;
  checkpoint.tensors["lm_head.weight"] = checkpoint.tensors["model.embed_tokens.weight"];
  ASSERT_TRUE(checkpoint.convert().ok()) << checkpoint.error();
  EXPECT_EQ(checkpoint.opened()->find_tensor("output.weight"), nullptr);
}

TEST(Lfm2, RefusesByNameWhatNobodyWouldRead) {
  const auto error = [](const auto& change) {
    Lfm2Checkpoint checkpoint;
    change(checkpoint);
    return checkpoint.error();
  };
  const auto with = [&](const char* key, const Json& value) {
    return error([&](TestCheckpoint& checkpoint) { checkpoint.config[key] = value; });
  };
  EXPECT_TRUE(contains(with("conv_bias", true), "conv_bias: expected false, as in every LFM2, found true"));
  EXPECT_TRUE(contains(with("conv_L_cache", 1), "conv_L_cache: expected a number of 2…"));
  EXPECT_TRUE(contains(with("layer_types", Json::array({"conv", "sliding_attention", "conv"})),
                       "layer_types: expected conv or full_attention, found \"sliding_attention\""));
  EXPECT_TRUE(contains(with("layer_types", Json::array({"conv"})), "layer_types: expected a list of 3, found"));
  EXPECT_TRUE(contains(with("layer_types", "conv"), "layer_types: expected a list of 3, found \"conv\""));
  EXPECT_TRUE(contains(with("architectures", Json::array({"Lfm2MoeForCausalLM"})), "found Lfm2MoeForCausalLM"));
  EXPECT_TRUE(contains(with("architectures", Json::array({"Lfm2BidirectionalModel"})), "found Lfm2Bidirectional"));
  const std::string bias = error([](TestCheckpoint& c) { c.add("model.layers.0.conv.conv.bias", {8}); });
  EXPECT_TRUE(contains(bias, "model.layers.0.conv.conv.bias: expected none")) << bias;
  const std::string shape = error([](TestCheckpoint& c) { c.add("model.layers.0.conv.conv.weight", {8, 3}); });
  EXPECT_TRUE(contains(shape, "conv.conv.weight: expected the shape [8, 1, 3] by config.json, found [8, 3]")) << shape;
  const std::string taps = error([](TestCheckpoint& c) { c.config["conv_L_cache"] = 4; });
  EXPECT_TRUE(contains(taps, "conv.conv.weight: expected the shape [8, 1, 4]")) << taps;
}

}  // namespace
}  // namespace tenfold
