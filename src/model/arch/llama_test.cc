#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "model/arch/architectures.h"

namespace tenfold {
namespace {

GgufEntry entry(std::string key, GgufScalar value) { return {"llama." + std::move(key), GgufValue(std::move(value))}; }

// Mistral-7B's sizes with `more` beside them; what is in `more` wins.
Result<ArchSpec> read(std::vector<GgufEntry> more) {
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
  const GgufMetadata metadata(std::move(more));
  ArchMetadata m(metadata, "llama");
  TENFOLD_ASSIGN_OR_RETURN(ArchSpec spec, kLlama.read_spec(m));
  TENFOLD_RETURN_IF_ERROR(m.expect_all_known());
  return spec;
}

TEST(LlamaSpec, TakesWhatTheFileLeavesOutFromTheSizes) {
  const auto spec = read({});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec->head_dim, 128);
  EXPECT_EQ(spec->n_rope_dims, 128);
  EXPECT_EQ(spec->sliding_window, 0);
  EXPECT_FLOAT_EQ(spec->rope_theta, 10000);
  EXPECT_FLOAT_EQ(spec->rope_scale, 1);
  EXPECT_FLOAT_EQ(spec->attention_scale, 1 / std::sqrt(128.0F));
  EXPECT_EQ(spec->rope, RopeLayout::kInterleaved);
}

TEST(LlamaSpec, TakesTheHeadsSizeFromItsKey) {  // Mistral-Nemo: 32 heads of 128 in 5120
  const auto spec =
      read({entry("embedding_length", std::uint32_t{5120}), entry("attention.key_length", std::uint32_t{128}),
            entry("attention.value_length", std::uint32_t{128}), entry("rope.dimension_count", std::uint32_t{128})});
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(spec->head_dim, 128);
  EXPECT_FLOAT_EQ(spec->attention_scale, 1 / std::sqrt(128.0F));
}

TEST(LlamaSpec, ReadsLinearRopeScalingUnderBothItsNames) {
  EXPECT_FLOAT_EQ(
      read({entry("rope.scaling.type", std::string("linear")), entry("rope.scaling.factor", 4.0F)})->rope_scale, 0.25F);
  EXPECT_FLOAT_EQ(read({entry("rope.scaling.factor", 4.0F)})->rope_scale, 0.25F) << "linear is the default";
  EXPECT_FLOAT_EQ(read({entry("rope.scale_linear", 2.0F)})->rope_scale, 0.5F);
  EXPECT_FLOAT_EQ(
      read({entry("rope.scaling.type", std::string("none")), entry("rope.scaling.factor", 4.0F)})->rope_scale, 1);
}

TEST(LlamaSpec, RefusesByNameWhatItCannotDo) {
  const std::pair<GgufEntry, const char*> cases[] = {
      {entry("rope.scaling.type", std::string("yarn")), "rope.scaling.type"},
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
    const auto spec = read({key});
    ASSERT_FALSE(spec.ok()) << name;
    EXPECT_NE(spec.status().message().find(name), std::string::npos) << spec.status().to_string();
  }
}

}  // namespace
}  // namespace tenfold
