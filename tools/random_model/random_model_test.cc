#include "random_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/cat.h"
#include "model_file/temp_folder_testing.h"
#include "random_blocks.h"
#include "tenfold/engine.h"
#include "tenfold/session.h"
#include "tensor/dequantize.h"

namespace tenfold::random_model {
namespace {

RandomModel tiny_model(const std::string& type) {
  RandomModel model;
  model.sizes = {.n_layers = 2, .model_dim = 256, .ffn_dim = 512, .n_heads = 4, .n_kv_heads = 2, .head_dim = 64};
  model.type = type;
  model.vocab_from = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/models/llama-q4_0.gguf";
  return model;
}

std::string bytes_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class EveryType : public testing::TestWithParam<const char*> {};

TEST_P(EveryType, LogitsOf100TokensAreFinite) {
  const TempFolder folder;
  const std::string path = folder.path("model.gguf");
  const Status written = write_random_model(tiny_model(GetParam()), path);
  ASSERT_TRUE(written.ok()) << written.to_string();
  const auto engine = Engine::open(path, {});
  ASSERT_TRUE(engine.ok()) << engine.status().to_string();
  const auto session = (*engine)->create_session();
  ASSERT_TRUE(session.ok()) << session.status().to_string();
  std::vector<TokenId> tokens;
  for (int i = 0; i < 100; ++i) tokens.push_back(i % (*engine)->info().vocab_size);
  const auto logits = (*session)->logits(tokens, LogitRows::kAll);
  ASSERT_TRUE(logits.ok()) << logits.status().to_string();
  float low = 0, high = 0;
  for (const float x : *logits) {
    ASSERT_TRUE(std::isfinite(x));
    low = std::fmin(low, x);
    high = std::fmax(high, x);
  }
  EXPECT_LT(low, -0.5F);  // there is something to tell apart …
  EXPECT_GT(high, 0.5F);
  EXPECT_LT(high - low, 100.0F);  // … and nothing has run away
}

INSTANTIATE_TEST_SUITE_P(RandomModel, EveryType,
                         testing::Values("f32", "f16", "bf16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q2_k", "q3_k",
                                         "q4_k", "q5_k", "q6_k", "iq4_nl", "iq4_xs", "q2_k_m", "q3_k_s", "q3_k_m",
                                         "q3_k_l", "q4_k_s", "q4_k_m", "q5_k_s", "q5_k_m"),
                         [](const auto& test) { return std::string(test.param); });

class EveryFamily : public testing::TestWithParam<const char*> {};

TEST_P(EveryFamily, MakesAModelThatRuns) {
  const TempFolder folder;
  RandomModel model = tiny_model("q4_0");
  model.family = GetParam();
  if (model.family == "lfm2") model.sizes.n_layers = 3;  // the third is the first with attention
  const Status written = write_random_model(model, folder.path("model.gguf"));
  ASSERT_TRUE(written.ok()) << written.to_string();
  EXPECT_LT(std::filesystem::file_size(folder.path("model.gguf")), 2U << 20);
  const auto engine = Engine::open(folder.path("model.gguf"), {});
  ASSERT_TRUE(engine.ok()) << engine.status().to_string();
  const auto session = (*engine)->create_session();
  ASSERT_TRUE(session.ok()) << session.status().to_string();
  const auto logits = (*session)->logits(std::vector<TokenId>{1, 2, 3, 4}, LogitRows::kLast);
  ASSERT_TRUE(logits.ok()) << logits.status().to_string();
  for (const float x : *logits) ASSERT_TRUE(std::isfinite(x));
}

INSTANTIATE_TEST_SUITE_P(RandomModel, EveryFamily,
                         testing::Values("llama", "qwen2", "qwen2vl", "qwen3", "qwen3moe", "gemma2", "gemma3", "phi3",
                                         "smollm3", "chatglm", "glm4", "glm4v", "glm4moe", "lfm2"),
                         [](const auto& test) { return std::string(test.param); });

TEST(RandomModel, TheSameSeedGivesTheSameBytes) {
  const TempFolder folder;
  RandomModel model = tiny_model("q4_k_m");
  ASSERT_TRUE(write_random_model(model, folder.path("a")).ok());
  ASSERT_TRUE(write_random_model(model, folder.path("b")).ok());
  model.seed = 2;
  ASSERT_TRUE(write_random_model(model, folder.path("c")).ok());
  EXPECT_EQ(bytes_of_file(folder.path("a")), bytes_of_file(folder.path("b")));
  EXPECT_NE(bytes_of_file(folder.path("a")), bytes_of_file(folder.path("c")));
}

TEST(RandomModel, MakesUpMissingTokens) {
  const TempFolder folder;
  RandomModel model = tiny_model("q8_0");
  model.sizes.vocab_size = 5000;
  ASSERT_TRUE(write_random_model(model, folder.path("a")).ok());
  const auto engine = Engine::open(folder.path("a"), {});
  ASSERT_TRUE(engine.ok()) << engine.status().to_string();
  EXPECT_EQ((*engine)->info().vocab_size, 5000);
}

TEST(RandomModel, SaysWhatItCannotMake) {
  const TempFolder folder;
  const auto code_with = [&](const auto& change) {
    RandomModel model = tiny_model("q4_0");
    change(model);
    return write_random_model(model, folder.path("a")).code();
  };
  EXPECT_EQ(code_with([](RandomModel& m) { m.type = "q4"; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_with([](RandomModel& m) { m.type = "q6_k_m"; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_with([](RandomModel& m) { m.family = "gpt"; }), StatusCode::kUnsupported);
  EXPECT_EQ(code_with([](RandomModel& m) { m.vocab_from = "/no/such/file"; }), StatusCode::kNotFound);
  EXPECT_EQ(code_with([](RandomModel& m) { m.sizes.vocab_size = 2; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_with([](RandomModel& m) { m.sizes.vocab_size = -1; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_with([](RandomModel& m) { m.sizes.n_kv_heads = 3; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_with([](RandomModel& m) { m.sizes.ffn_dim = 100; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_with([](RandomModel& m) { m.sizes.model_dim = m.sizes.ffn_dim = 1 << 20; }),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code_with([](RandomModel& m) { m.sizes.n_layers = 1025; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(code_with([](RandomModel& m) { m.family = "lfm2"; }), StatusCode::kInvalidArgument) << "two layers";
  EXPECT_TRUE(bytes_of_file(folder.path("a")).empty());
}

// What each layer has between its norms, a letter a layer.
std::string mixers_of(const ModelPlan& plan, int n_layers) {
  std::string out(static_cast<std::size_t>(n_layers), '?');
  for (std::size_t layer = 0; layer < out.size(); ++layer) {
    for (const PlannedTensor& tensor : plan.tensors) {
      if (tensor.name == cat("blk.", layer, ".attn_v.weight")) out[layer] = 'a';
      if (tensor.name == cat("blk.", layer, ".shortconv.conv.weight")) out[layer] = 'c';
    }
  }
  return out;
}

TEST(ModelPlan, MostLayersOfLfm2AreConvolutions) {
  ModelSizes sizes = *sizes_of_preset("350m");
  const auto plan = plan_model("lfm2", sizes);
  ASSERT_TRUE(plan.ok()) << plan.status().to_string();
  EXPECT_EQ(mixers_of(*plan, 16), "ccaccaccacacacac");
  const auto kv_heads = std::find_if(plan->metadata.begin(), plan->metadata.end(), [](const GgufEntry& entry) {
    return entry.key == "lfm2.attention.head_count_kv";
  });
  ASSERT_NE(kv_heads, plan->metadata.end());
  EXPECT_EQ(std::get<std::vector<std::int32_t>>(std::get<GgufArray>(kv_heads->value)),
            (std::vector<std::int32_t>{0, 0, 8, 0, 0, 8, 0, 0, 8, 0, 8, 0, 8, 0, 8, 0}));
  EXPECT_EQ(plan->tensors.back().name, "token_embd_norm.weight") << "tied";
  sizes.n_layers = 7;
  EXPECT_EQ(mixers_of(*plan_model("lfm2", sizes), 7), "ccaccac");
}

TEST(ModelPlan, KnowsTheSizesOfItsPresets) {
  EXPECT_EQ(sizes_of_preset("gemma3-1b")->head_dim, 256);
  EXPECT_EQ(sizes_of_preset("9b")->n_layers, 40);
  EXPECT_EQ(sizes_of_preset("2b").status().code(), StatusCode::kInvalidArgument);
}

TEST(RandomBlocks, WeightsHaveTheSizeAskedFor) {
  RandomBlocks random(3);
  for (int i = 0; i < kNumDTypes; ++i) {
    const auto type = static_cast<DType>(i);
    const std::size_t n = 256 * 256;
    std::vector<std::byte> blocks(row_bytes(type, n));
    std::vector<float> weights(n);
    random.fill(type, 0.02F, blocks);
    dequantize_row(type, blocks.data(), n, weights.data());
    double sum = 0, squares = 0;
    for (const float w : weights) sum += double{w}, squares += double{w} * w;
    EXPECT_NEAR(sum / n, 0, 0.001) << dtype_traits(type).name;
    EXPECT_NEAR(std::sqrt(squares / n), 0.02, 0.002) << dtype_traits(type).name;
  }
}

// Layer → type of one role, as llama.cpp's quantiser chose for a llama model of these sizes.
std::string types_of(const char* mixture, Role role, int n_layers) {
  const auto mix = Mixture::from_name(mixture);
  ModelSizes sizes{.n_layers = n_layers, .n_heads = 8, .n_kv_heads = 2};
  std::string out;
  for (int layer = 0; layer < n_layers; ++layer) {
    const auto type = mix->type_of({"t", role, {layer, n_layers}, 256, 256}, sizes);
    out += dtype_traits(*type).name[1];
  }
  return out;
}

TEST(Mixture, IsLlamaCpps) {
  EXPECT_EQ(types_of("q2_k_m", Role::kValue, 16), "4444444444444444");
  EXPECT_EQ(types_of("q2_k_m", Role::kDown, 16), "3333333333333333");
  EXPECT_EQ(types_of("q3_k_m", Role::kValue, 16), "5544444444444444");
  EXPECT_EQ(types_of("q3_k_m", Role::kDown, 16), "5444444444444444");
  EXPECT_EQ(types_of("q3_k_m", Role::kAttentionOut, 16), "4444444444444444");
  EXPECT_EQ(types_of("q3_k_l", Role::kDown, 16), "5555555555555555");
  EXPECT_EQ(types_of("q4_k_s", Role::kValue, 16), "5555444444444444");
  EXPECT_EQ(types_of("q4_k_s", Role::kDown, 16), "5544444444444444");
  EXPECT_EQ(types_of("q4_k_m", Role::kValue, 16), "6644644644644666");
  EXPECT_EQ(types_of("q4_k_m", Role::kDown, 16), "6644644644644666");
  EXPECT_EQ(types_of("q5_k_m", Role::kDown, 16), "6655655655655666");
  EXPECT_EQ(types_of("q5_k_m", Role::kGate, 16), "5555555555555555");
}

// As in a file of LFM2: values are counted by themselves, and projections beside a convolution are like any matrix.
TEST(Mixture, CountsTheLayersThatHaveAttention) {
  const ModelSizes sizes = *sizes_of_preset("350m");
  const auto types_of_part = [&](const char* mixture, std::string_view part) {
    const ModelPlan plan = *plan_model("lfm2", sizes);
    std::string out;
    for (const PlannedTensor& tensor : plan.tensors) {
      if (!tensor.name.ends_with(part)) continue;
      const DType type = *Mixture::from_name(mixture)->type_of(tensor, sizes);
      out += type == DType::kF32 ? 'f' : dtype_traits(type).name[1];
    }
    return out;
  };
  EXPECT_EQ(types_of_part("q4_k_m", ".attn_v.weight"), "446446");
  EXPECT_EQ(types_of_part("q3_k_m", ".attn_v.weight"), "554444");
  EXPECT_EQ(types_of_part("q4_k_m", ".ffn_down.weight"), "6644644644644666");
  EXPECT_EQ(types_of_part("q3_k_l", ".attn_output.weight"), "555555");
  EXPECT_EQ(types_of_part("q3_k_l", ".shortconv.out_proj.weight"), "3333333333");
  EXPECT_EQ(types_of_part("q4_k_m", ".shortconv.in_proj.weight"), "4444444444");
  EXPECT_EQ(types_of_part("q4_0", ".shortconv.conv.weight"), "ffffffffff");
  EXPECT_EQ(types_of_part("q4_k_m", "token_embd.weight"), "6");
}

TEST(Mixture, FallsBackWhereBlocksDoNotFit) {
  const auto type_of = [](const char* mixture, Role role) {
    return *Mixture::from_name(mixture)->type_of({"t", role, {0, 40}, 64, 13696}, {.n_layers = 40});
  };
  EXPECT_EQ(type_of("q4_k_s", Role::kQuery), DType::kQ5_0);
  EXPECT_EQ(type_of("q4_k_m", Role::kOutput), DType::kQ8_0);
  EXPECT_EQ(type_of("q5_k", Role::kQuery), DType::kQ5_1);
  EXPECT_EQ(type_of("q3_k_s", Role::kQuery), DType::kQ4_0);
  EXPECT_EQ(type_of("q4_0", Role::kQuery), DType::kQ4_0);
}

}  // namespace
}  // namespace tenfold::random_model
