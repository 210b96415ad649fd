#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/cat.h"
#include "model/arch/architectures.h"
#include "model/entry_testing.h"

namespace tenfold {
namespace {

// Mistral-7B's sizes with `more` beside them; what is in `more` wins. Keys are without the architecture's name.
Result<ArchSpec> read_as(const Architecture& architecture, std::vector<GgufEntry> more) {
  const auto add = [&](std::string key, GgufScalar value) {
    GgufEntry e = entry(std::move(key), std::move(value));
    const auto same = [&](const GgufEntry& m) { return m.key == e.key; };
    if (std::none_of(more.begin(), more.end(), same)) more.push_back(std::move(e));
  };
  add("block_count", std::uint32_t{32});
  add("embedding_length", std::uint32_t{4096});
  add("feed_forward_length", std::uint32_t{14336});
  add("attention.head_count", std::uint32_t{32});
  add("attention.head_count_kv", std::uint32_t{8});
  add("context_length", std::uint32_t{32768});
  add("attention.layer_norm_rms_epsilon", 1e-5F);
  for (GgufEntry& e : more) e.key = cat(architecture.name, ".", e.key);
  const GgufMetadata metadata(std::move(more));
  ArchMetadata m(metadata, architecture.name);
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, architecture.read_spec(m));
  TENFOLD_RETURN_IF_ERROR(m.expect_all_known());
  return spec;
}

Result<ArchSpec> read_llama(std::vector<GgufEntry> more) { return read_as(kLlama, std::move(more)); }

TEST(LlamaSpec, TakesWhatTheFileLeavesOutFromTheSizes) {
  const auto spec = read_llama({});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec->any_layer().head_dim, 128);
  EXPECT_EQ(spec->n_rope_dims, 128);
  EXPECT_EQ(spec->any_layer().window, 0);
  EXPECT_FLOAT_EQ(spec->rope_theta, 10000);
  EXPECT_FLOAT_EQ(spec->rope_scaling.scale, 1);
  EXPECT_FLOAT_EQ(spec->attention_scale, 1 / std::sqrt(128.0F));
  EXPECT_EQ(spec->rope, RopeLayout::kInterleaved);
}

TEST(LlamaSpec, TakesTheHeadsSizeFromItsKey) {  // Mistral-Nemo: 32 heads of 128 in 5120
  const auto spec = read_llama(
      {entry("embedding_length", std::uint32_t{5120}), entry("attention.key_length", std::uint32_t{128}),
       entry("attention.value_length", std::uint32_t{128}), entry("rope.dimension_count", std::uint32_t{128})});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec->any_layer().head_dim, 128);
  EXPECT_FLOAT_EQ(spec->attention_scale, 1 / std::sqrt(128.0F));
}

TEST(LlamaSpec, ReadsLinearRopeScalingUnderBothItsNames) {
  EXPECT_FLOAT_EQ(read_llama({entry("rope.scaling.type", std::string("linear")), entry("rope.scaling.factor", 4.0F)})
                      ->rope_scaling.scale,
                  0.25F);
  EXPECT_FLOAT_EQ(read_llama({entry("rope.scaling.factor", 4.0F)})->rope_scaling.scale, 0.25F)
      << "linear is the default";
  EXPECT_FLOAT_EQ(read_llama({entry("rope.scale_linear", 2.0F)})->rope_scaling.scale, 0.5F);
  EXPECT_FLOAT_EQ(read_llama({entry("rope.scaling.type", std::string("none")), entry("rope.scaling.factor", 4.0F)})
                      ->rope_scaling.scale,
                  1);
}

TEST(LlamaSpec, ReadsYarn) {
  const auto yarn = [](std::vector<GgufEntry> more) {
    more.push_back(entry("rope.scaling.type", std::string("yarn")));
    more.push_back(entry("rope.scaling.factor", 4.0F));
    return read_llama(std::move(more));
  };
  const auto spec = yarn({});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_FLOAT_EQ(spec->rope_scaling.scale, 0.25F);
  EXPECT_EQ(spec->rope_scaling.original_ctx, 32768) << "the file's own context";
  EXPECT_FLOAT_EQ(spec->rope_amplitude, 1.1386294F);
  const auto full = yarn({entry("rope.scaling.original_context_length", std::uint32_t{4096}),
                          entry("rope.scaling.attn_factor", 0.5F), entry("rope.scaling.yarn_beta_fast", 16.0F),
                          entry("rope.scaling.yarn_beta_slow", 2.0F), entry("rope.scaling.yarn_ext_factor", 1.0F)});
  ASSERT_TRUE(full.ok()) << full.status().to_string();
  EXPECT_EQ(full->rope_scaling.original_ctx, 4096);
  EXPECT_FLOAT_EQ(full->rope_scaling.fast_turns, 16);
  EXPECT_FLOAT_EQ(full->rope_scaling.slow_turns, 2);
  EXPECT_FLOAT_EQ(full->rope_amplitude, 0.5F * 1.1386294F);
  for (const char* key : {"rope.scaling.yarn_ext_factor", "rope.scaling.yarn_attn_factor",
                          "rope.scaling.yarn_log_multiplier", "rope.scaling.yarn_beta_fast"}) {
    const auto refused = yarn({entry(key, 0.5F)});
    ASSERT_FALSE(refused.ok()) << key;
    EXPECT_NE(refused.status().message().find(std::string_view(key).substr(13)), std::string_view::npos)
        << refused.status().message();
  }
  EXPECT_FALSE(read_llama({entry("rope.scaling.type", std::string("yarn"))}).ok()) << "by which factor?";
  EXPECT_FALSE(yarn({entry("rope.freq_base", 1.0F)}).ok());
}

TEST(RopeScaling, OfYarnKeepsFastPairsAndBlendsToSlowOnes) {
  // Qwen2.5's numbers: pairs up to 23 of 64 turn more than 32 times in 32768 positions, those from 40 on less than
  // once.
  const RopeScaling scaling = {.scale = 0.25F, .original_ctx = 32768};
  const auto ratio = [&](int i) { return scaling.apply(1, i, 64, 1e6F); };
  EXPECT_EQ(ratio(0), 1);
  EXPECT_EQ(ratio(23), 1);
  EXPECT_LT(ratio(24), 1);
  EXPECT_GT(ratio(24), ratio(39));
  EXPECT_GT(ratio(39), 0.25F);
  EXPECT_EQ(ratio(40), 0.25F);
  EXPECT_EQ(ratio(63), 0.25F);
}

TEST(LlamaSpec, RefusesByNameWhatItCannotDo) {
  const std::pair<GgufEntry, const char*> cases[] = {
      {entry("rope.scaling.type", std::string("dynamic")), "rope.scaling.type"},
      {entry("rope.scaling.type", std::string("longrope")), "rope.scaling.type"},
      {entry("rope.scaling.attn_factor", 1.2F), "rope.scaling.attn_factor"},
      {entry("expert_count", std::uint32_t{8}), "expert_count"},
      {entry("attention.causal", false), "attention.causal"},
      {entry("attention.value_length", std::uint32_t{64}), "attention.value_length"},
      {entry("attention.head_count_kv", std::uint32_t{5}), "attention.head_count_kv"},
      {entry("rope.dimension_count", std::uint32_t{130}), "rope.dimension_count"},
      {entry("attention.key_length", std::uint32_t{1} << 20), "attention.key_length"},  // × 32 heads
      {entry("logit_scale", 0.1F), "logit_scale"},
  };
  for (const auto& [key, name] : cases) {
    const auto spec = read_llama({key});
    ASSERT_FALSE(spec.ok()) << name;
    EXPECT_NE(spec.status().message().find(name), std::string::npos) << spec.status().to_string();
  }
}

GgufEntry sections(std::vector<std::int32_t> pairs) {
  return {"rope.dimension_sections", GgufValue(GgufArray(std::move(pairs)))};
}

GgufEntry list(const char* key, std::vector<std::int32_t> numbers) {
  return {key, GgufValue(GgufArray(std::move(numbers)))};
}

std::vector<std::int32_t> of_layers(std::int32_t even, std::int32_t odd) {
  std::vector<std::int32_t> all;
  for (int i = 0; i < 32; ++i) all.push_back(i % 2 == 0 ? even : odd);
  return all;
}

TEST(LlamaSpec, SizesMayBeThoseOfEachLayer) {
  const auto spec = read_llama(
      {list("attention.head_count_kv", of_layers(8, 4)), list("feed_forward_length", of_layers(11008, 5504))});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec->layer(0).n_kv_heads, 8);
  EXPECT_EQ(spec->layer(31).n_kv_heads, 4);
  EXPECT_EQ(spec->layer(6).ffn_dim, 11008);
  EXPECT_EQ(spec->layer(7).ffn_dim, 5504);
  for (const auto& wrong : {list("attention.head_count_kv", {8, 4}), list("attention.head_count_kv", of_layers(8, 0)),
                            list("attention.head_count_kv", of_layers(8, 5))}) {
    const auto refused = read_llama({wrong});
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.status().message().find("attention.head_count_kv"), std::string::npos)
        << refused.status().to_string();
  }
}

TEST(LlamaSpec, HeadsOfSeveralSizesAreRefused) {
  const auto spec = read_llama(
      {list("attention.key_length", of_layers(128, 64)), list("attention.value_length", of_layers(128, 64))});
  ASSERT_FALSE(spec.ok());
  EXPECT_EQ(spec.status().code(), StatusCode::kUnsupported);
  EXPECT_NE(spec.status().message().find("attention.key_length"), std::string::npos) << spec.status().to_string();
}

TEST(Lfm2Spec, LayersWithoutKvHeadsAreShortConvolutions) {
  const auto read = [](std::vector<GgufEntry> more) {
    more.push_back(list("attention.head_count_kv", of_layers(0, 8)));
    return read_as(kLfm2, std::move(more));
  };
  const auto spec = read({entry("shortconv.l_cache", std::uint32_t{3})});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec->n_conv_taps, 3);
  EXPECT_EQ(spec->layer(0).mixer, Mixer::kShortConv);
  EXPECT_EQ(spec->layer(1).mixer, Mixer::kAttention);
  EXPECT_FALSE(read({}).ok()) << "no word of how many taps";
  EXPECT_FALSE(read({entry("shortconv.l_cache", std::uint32_t{1})}).ok());
}

TEST(Gemma3Spec, EverySixthLayerSeesAll) {
  const auto spec = read_as(kGemma3, {entry("attention.sliding_window", std::uint32_t{512}),
                                      entry("rope.freq_base", 1e6F), entry("attention.key_length", std::uint32_t{256}),
                                      entry("attention.value_length", std::uint32_t{256})});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  for (const int layer : {0, 4, 6}) EXPECT_EQ(spec->layer(layer).window, 512);
  for (const int layer : {5, 11, 29}) EXPECT_EQ(spec->layer(layer).window, 0);
  EXPECT_FLOAT_EQ(spec->rope_theta, 1e6F);
  EXPECT_FLOAT_EQ(spec->window_rope_theta, 10000);
  EXPECT_FLOAT_EQ(spec->embedding_scale, 64);
  EXPECT_FLOAT_EQ(spec->attention_scale, 1.0F / 16);
}

TEST(Gemma3Spec, TheLargestOneScalesByItsWidth) {
  const auto spec =
      read_as(kGemma3,
              {entry("block_count", std::uint32_t{62}), entry("embedding_length", std::uint32_t{5376}),
               entry("attention.key_length", std::uint32_t{128}), entry("attention.value_length", std::uint32_t{128})});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_FLOAT_EQ(spec->attention_scale, 1 / std::sqrt(168.0F));
}

TEST(Glm4Spec, WithSectionsItIsAVisionModel) {
  const auto text = read_as(kGlm4, {entry("rope.dimension_count", std::uint32_t{64})});
  ASSERT_TRUE(text.ok()) << text.status().to_string();
  EXPECT_EQ(text->rope, RopeLayout::kInterleaved);
  EXPECT_FALSE(text->has_rope_sections());
  EXPECT_TRUE(text->end_texts.empty());
  const auto vision = read_as(kGlm4, {entry("rope.dimension_count", std::uint32_t{64}), sections({8, 12, 12, 0})});
  ASSERT_TRUE(vision.ok()) << vision.status().to_string();
  EXPECT_EQ(vision->rope, RopeLayout::kNeox);
  EXPECT_EQ(vision->rope_sections, (std::array<int, 3>{8, 12, 12}));
  EXPECT_EQ(vision->end_texts, std::vector<std::string>{"</answer>"});
}

TEST(Glm4Spec, SectionsMustMakeAllPairs) {
  for (const auto& pairs : {std::vector<std::int32_t>{8, 12, 13}, {8, 8, 8, 8}, {64}}) {
    const auto spec = read_as(kGlm4, {entry("rope.dimension_count", std::uint32_t{64}), sections(pairs)});
    ASSERT_FALSE(spec.ok());
    EXPECT_NE(spec.status().message().find("rope.dimension_sections"), std::string::npos);
  }
}

TEST(Glm4Spec, LayersThatPredictFurtherTokensAreNotRun) {
  const auto spec = read_as(kGlm4, {entry("nextn_predict_layers", std::uint32_t{1})});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec->n_layers, 31);
  EXPECT_EQ(spec->n_prediction_layers, 1);
  EXPECT_FALSE(read_as(kGlm4, {entry("nextn_predict_layers", std::uint32_t{32})}).ok());
}

std::vector<GgufEntry> experts(std::vector<GgufEntry> more) {
  more.push_back(entry("expert_count", std::uint32_t{128}));
  more.push_back(entry("expert_used_count", std::uint32_t{8}));
  more.push_back(entry("expert_feed_forward_length", std::uint32_t{1408}));
  return more;
}

TEST(Glm4MoeSpec, GatesBySigmoidWithASharedExpert) {
  const auto spec = read_as(
      kGlm4Moe, experts({entry("expert_shared_count", std::uint32_t{1}),
                         entry("leading_dense_block_count", std::uint32_t{1}), entry("expert_weights_scale", 2.5F)}));
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec->experts.routing.gating, ExpertGating::kSigmoid);
  EXPECT_FLOAT_EQ(spec->experts.routing.scale, 2.5F);
  EXPECT_EQ(spec->experts.shared_ffn_dim, 1408);
  EXPECT_FALSE(spec->has_experts(0));
  EXPECT_TRUE(spec->has_experts(1));
}

TEST(Qwen3MoeSpec, GatesBySoftmaxInEveryLayer) {
  const auto spec = read_as(kQwen3Moe, experts({}));
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec->experts.routing.gating, ExpertGating::kSoftmax);
  EXPECT_TRUE(spec->experts.routing.normalize);
  EXPECT_EQ(spec->experts.shared_ffn_dim, 0);
  EXPECT_TRUE(spec->has_experts(0));
}

TEST(Qwen3MoeSpec, RefusesByNameWhatItCannotDo) {
  const std::pair<GgufEntry, const char*> cases[] = {
      {entry("expert_group_count", std::uint32_t{8}), "expert_group_count"},
      {entry("expert_gating_func", std::uint32_t{3}), "expert_gating_func"},
      {entry("expert_weights_scale", -1.0F), "expert_weights_scale"},
  };
  for (const auto& [key, name] : cases) {
    const auto spec = read_as(kQwen3Moe, experts({key}));
    ASSERT_FALSE(spec.ok()) << name;
    EXPECT_NE(spec.status().message().find(name), std::string::npos) << spec.status().to_string();
  }
  EXPECT_FALSE(read_as(kQwen3, experts({})).ok()) << "a dense family has no use for experts";
}

TEST(SmolLm3Spec, EveryFourthLayerRotatesNothing) {
  const auto spec = read_as(kSmolLm3, {});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  for (const int layer : {0, 2, 4, 30}) EXPECT_TRUE(spec->rotates(layer));
  for (const int layer : {3, 7, 31}) EXPECT_FALSE(spec->rotates(layer));
}

TEST(ChatglmSpec, AContextAsLongAsTheWidthIsNone) {
  const auto spec = read_as(kChatglm, {entry("context_length", std::uint32_t{4096})});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec->n_ctx_train, 8192);
  EXPECT_EQ(read_as(kChatglm, {entry("context_length", std::uint32_t{131072})})->n_ctx_train, 131072);
}

TEST(Phi3Spec, KnowsWhereLongContextsBegin) {
  const auto spec = read_as(kPhi3, {entry("rope.scaling.original_context_length", std::uint32_t{4096}),
                                    entry("rope.scaling.attn_factor", 1.19F)});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec->short_ctx, 4096);
  EXPECT_FLOAT_EQ(spec->rope_amplitude, 1.19F);
}

std::vector<GgufEntry> encoder_with(std::vector<GgufEntry> more) {
  more.push_back(entry("attention.layer_norm_epsilon", 1e-12F));
  more.push_back(entry("attention.head_count_kv", std::uint32_t{32}));
  return more;
}

// The sizes' own key for RMS norms is one that an encoder does not know.
Status refusal_of_encoder(std::vector<GgufEntry> more) {
  return read_as(kBert, encoder_with(std::move(more))).status();
}

TEST(BertSpec, RefusesByNameWhatItCannotDo) {
  EXPECT_NE(refusal_of_encoder({}).message().find("layer_norm_rms_epsilon"), std::string_view::npos);
  const std::pair<GgufEntry, const char*> cases[] = {
      {entry("attention.causal", true), "attention.causal"},
      {entry("pooling_type", std::uint32_t{4}), "pooling_type"},
      {entry("pooling_type", std::uint32_t{9}), "pooling_type"},
      {entry("embedding_length", std::uint32_t{4097}), "attention.head_count"},
      {entry("embedding_length", std::uint32_t{32 * 3}), "attention.head_count"},
      {entry("attention.layer_norm_epsilon", 2.0F), "layer_norm_epsilon"},
  };
  for (const auto& [wrong, name] : cases) {
    const Status status = refusal_of_encoder({wrong});
    EXPECT_NE(status.message().find(name), std::string_view::npos) << name << ": " << status.to_string();
  }
}

TEST(LlamaSpec, KnowsHowVectorsAreMade) {
  EXPECT_FALSE(read_llama({})->pooling.has_value());
  EXPECT_FALSE(read_llama({entry("pooling_type", std::uint32_t{0})})->pooling.has_value());
  EXPECT_EQ(read_llama({entry("pooling_type", std::uint32_t{1})})->pooling, Pooling::kMean);
  EXPECT_EQ(read_llama({entry("pooling_type", std::uint32_t{2})})->pooling, Pooling::kCls);
  EXPECT_EQ(read_llama({entry("pooling_type", std::uint32_t{3})})->pooling, Pooling::kLast);
  EXPECT_EQ(read_llama({entry("pooling_type", std::uint32_t{4})}).status().code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace tenfold
