// Models whose numbers are not finite, or do not stay so: an error that says it, from opening or from the step.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "engine/requests_testing.h"
#include "model_file/gguf/gguf_bytes_testing.h"
#include "model_file/temp_folder_testing.h"
#include "tenfold/engine.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The tiny model with every number of an F32 tensor set to this.
std::string model_with(const TempFolder& folder, const std::string& tensor, float value) {
  RawGguf raw = tiny_gguf();
  std::string& data = raw.tensor(tensor).data;
  for (std::size_t at = 0; at < data.size(); at += sizeof(value)) std::memcpy(data.data() + at, &value, sizeof(value));
  return folder.write("model.gguf", serialize(raw));
}

void expect_message(const Status& status, const std::string& expected) {
  EXPECT_EQ(status.code(), StatusCode::kCorruptData) << status.to_string();
  EXPECT_NE(status.message().find(expected), std::string_view::npos) << expected << "; found: " << status.to_string();
}

class NotFinite : public testing::TestWithParam<Precision> {
 protected:
  NotFinite() { options_.precision = GetParam(); }
  EngineOptions options_;
  const TempFolder folder_;
};

TEST_P(NotFinite, WeightsAreNamedAtTheStart) {
  for (const char* tensor : {"blk.0.attn_norm.weight", "blk.0.ffn_norm.weight", "output_norm.weight"}) {
    for (const float value : {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
      const Status status = Engine::open(model_with(folder_, tensor, value), options_).status();
      expect_message(status, std::string("model.gguf: tensor ") + tensor + ": row 0: expected finite numbers");
    }
  }
}

TEST_P(NotFinite, WeightsAreNeverStored) {
  options_.cache_folder = folder_.path("cache");
  options_.cache_min_bytes = 0;
  for (int i = 0; i < 2; ++i) {
    const auto engine = Engine::open(model_with(folder_, "output_norm.weight", kInfinity), options_);
    expect_message(engine.status(), "tensor output_norm.weight");
  }
}

// 3e38 is a number, its products are none.
TEST_P(NotFinite, LogitsAreAnErrorOfTheStep) {
  const auto engine = Engine::open(model_with(folder_, "output_norm.weight", 3e38F), options_);
  ASSERT_TRUE(engine.ok()) << engine.status().to_string();
  const auto session = std::move((*engine)->create_session()).value();
  const std::vector<TokenId> prompt = {1, 2, 3};
  const std::string expected = "logits after 3 tokens: expected finite numbers, found NaN or infinity";
  for (const bool speculate : {true, false}) {
    for (const float temperature : {0.0F, 1.0F}) {
      GenerateOptions options = greedy(4);
      options.sampler.temperature = temperature;
      options.speculate = speculate;
      std::string text;
      const auto on_text = [&](std::string_view piece) {
        text += piece;
        return true;
      };
      expect_message(session->generate(prompt, options, on_text).status(), expected);
      EXPECT_EQ(text, "");
    }
  }
  expect_message(session->logits(prompt, LogitRows::kLast).status(), expected);
  expect_message(session->logits(prompt, LogitRows::kAll).status(), "logits after 1 token: ");
  expect_message((*engine)->embed(prompt, {}).status(), "vector: expected finite numbers");
}

// Weights that an earlier start kept may be what is damaged, not the model.
TEST_P(NotFinite, AnErrorOfKeptWeightsNamesTheCache) {
  options_.cache_folder = folder_.path("cache");
  options_.cache_min_bytes = 0;
  const std::string path = model_with(folder_, "output_norm.weight", 3e38F);
  for (const bool came_packed : {false, true}) {
    const auto engine = Engine::open(path, options_);
    ASSERT_TRUE(engine.ok()) << engine.status().to_string();
    ASSERT_TRUE((*engine)->wait_until_stored(nullptr).ok());
    ASSERT_EQ((*engine)->info().came_packed, came_packed);
    const auto session = std::move((*engine)->create_session()).value();
    for (const Status& status :
         {session->logits(std::vector<TokenId>{1, 2}, LogitRows::kLast).status(), (*engine)->embed("a", {}).status()}) {
      EXPECT_EQ(status.message().find("--no-cache") != std::string_view::npos, came_packed) << status.to_string();
    }
  }
}

// What is forbidden to the sampler is no fault of the model.
TEST_P(NotFinite, ABiasMayForbidTokens) {
  const auto engine = Engine::open(folder_.write("model.gguf", serialize(tiny_gguf())), options_);
  ASSERT_TRUE(engine.ok()) << engine.status().to_string();
  const auto session = std::move((*engine)->create_session()).value();
  GenerateOptions options = greedy(4);
  for (TokenId token = 0; token < 258; ++token) {
    if (token != 40) options.sampler.logit_bias.push_back({token, -kInfinity});
  }
  const auto result = session->generate(std::vector<TokenId>{1, 2, 3}, options, nullptr);
  ASSERT_TRUE(result.ok()) << result.status().to_string();
  EXPECT_EQ(result->tokens, std::vector<TokenId>(4, 40));
}

INSTANTIATE_TEST_SUITE_P(Precisions, NotFinite, testing::Values(Precision::kFast, Precision::kExact));

}  // namespace
}  // namespace tenfold
