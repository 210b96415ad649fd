// Engine::embed: one vector of a text, from encoders and from models that answer.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>

#include "engine/requests_testing.h"
#include "model/golden_testing.h"
#include "tenfold/engine.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

std::shared_ptr<Engine> open_encoder(const std::string& name, EngineOptions options = {}) {
  options.use_cache = false;
  auto engine = Engine::open(read_golden(name).path, options);
  EXPECT_TRUE(engine.ok()) << engine.status().to_string();
  return std::move(engine).value();
}

EngineOptions exact() {
  EngineOptions options;
  options.precision = Precision::kExact;
  return options;
}

std::vector<float> embed(Engine& engine, std::span<const TokenId> tokens, const EmbedOptions& options) {
  auto vector = engine.embed(tokens, options);
  EXPECT_TRUE(vector.ok()) << vector.status().to_string();
  return vector.ok() ? std::move(vector).value() : std::vector<float>();
}

EmbedOptions raw(Pooling pooling) {
  EmbedOptions options;
  options.pooling = pooling;
  options.normalize = false;
  return options;
}

double length(const std::vector<float>& vector) {
  double square = 0;
  for (const float x : vector) square += static_cast<double>(x) * x;
  return std::sqrt(square);
}

TEST(Embedder, PoolsTheRowsOfTransformers) {
  const Golden golden = read_golden("bert-f32");
  const auto engine = open_encoder("bert-f32", exact());
  const std::size_t dim = 64, n = golden.prompt.size();
  EXPECT_EQ(engine->info().model_dim, 64);
  std::vector<float> first(dim), last(dim), mean(dim);
  for (std::size_t i = 0; i < dim; ++i) {
    first[i] = golden.logits[i];
    last[i] = golden.logits[(n - 1) * dim + i];
    double sum = 0;
    for (std::size_t t = 0; t < n; ++t) sum += golden.logits[t * dim + i];
    mean[i] = static_cast<float>(sum / static_cast<double>(n));
  }
  EXPECT_LE(nmse(embed(*engine, golden.prompt, raw(Pooling::kCls)), first), 1e-9);
  EXPECT_LE(nmse(embed(*engine, golden.prompt, raw(Pooling::kLast)), last), 1e-9);
  EXPECT_LE(nmse(embed(*engine, golden.prompt, raw(Pooling::kMean)), mean), 1e-9);

  // By default what the file says, of length 1.
  EXPECT_EQ(engine->info().pooling, Pooling::kMean);
  const std::vector<float> unit = embed(*engine, golden.prompt, {});
  EXPECT_NEAR(length(unit), 1, 1e-6);
  for (std::size_t i = 0; i < dim; ++i) EXPECT_NEAR(unit[i], mean[i] / length(mean), 1e-5);
}

TEST(Embedder, ATextIsPutBetweenItsEnds) {
  const auto engine = open_encoder("bert-f32");
  const auto tokens = engine->tokenize("The river turns.", {.add_bos = true, .add_eos = true});
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(tokens->front(), 2);
  EXPECT_EQ(tokens->back(), 3);
  const auto vector = engine->embed("The river turns.", {});
  ASSERT_TRUE(vector.ok()) << vector.status().to_string();
  EXPECT_EQ(*vector, embed(*engine, *tokens, {}));
  EXPECT_NE(*vector, *engine->embed("The miller turns.", {}));
}

TEST(Embedder, OfAModelThatAnswersDoesNotDependOnTheSteps) {
  const std::vector<TokenId> tokens = some_tokens(100);
  for (const Pooling pooling : {Pooling::kMean, Pooling::kLast, Pooling::kCls}) {
    std::vector<float> expected;
    for (const int chunk : {512, 1, 7}) {
      EngineOptions options;
      options.prefill_chunk = chunk;
      options.n_threads = chunk == 7 ? 1 : 2;
      const auto engine = open_encoder("llama-q4_0", options);
      EXPECT_EQ(engine->info().pooling, Pooling::kLast);
      EXPECT_TRUE(engine->info().can_answer);
      const std::vector<float> vector = embed(*engine, tokens, raw(pooling));
      if (expected.empty()) expected = vector;
      EXPECT_EQ(vector, expected) << "steps of " << chunk;
    }
  }
}

TEST(Embedder, CutsTextsIfAskedTo) {
  const auto engine = open_encoder("bert-f32");
  std::string text;
  for (int i = 0; i < 100; ++i) text += "river ";
  EmbedOptions options;
  TextUsage usage;
  options.usage = &usage;
  EXPECT_EQ(engine->embed(text, options).status().code(), StatusCode::kInvalidArgument);
  options.truncate = true;
  const auto vector = engine->embed(text, options);
  ASSERT_TRUE(vector.ok()) << vector.status().to_string();
  EXPECT_EQ(usage.n_tokens, 102u);
  EXPECT_EQ(usage.n_used, 96u);
  std::vector<TokenId> tokens = *engine->tokenize(text, {.add_bos = true, .add_eos = true});
  tokens.resize(96);
  tokens.back() = 3;  // [SEP] stays the end
  EXPECT_EQ(*vector, embed(*engine, tokens, {}));
}

TEST(Embedder, TakesSpecialTokensInATextAsItIsTold) {
  const auto engine = open_encoder("bert-f32");
  EmbedOptions options;
  const auto as_text = engine->embed("hello [SEP] world", options);
  options.parse_special = true;
  const auto as_token = engine->embed("hello [SEP] world", options);
  const auto tokens = engine->tokenize("hello [SEP] world", {.add_bos = true, .add_eos = true, .parse_special = true});
  EXPECT_EQ(*as_token, embed(*engine, *tokens, {}));
  EXPECT_NE(*as_token, *as_text);
}

TEST(Embedder, TakesSpecialTokensOfAPromptAsTokens) {
  const auto engine = open_encoder("bert-f32");
  const std::string prompt = "hello [SEP] ", text = "[SEP] world";
  const TextRange given{static_cast<std::uint32_t>(prompt.size()),
                        static_cast<std::uint32_t>(prompt.size() + text.size())};
  const auto tokens = engine->tokenize(prompt + text, {.parse_special = true, .given = {&given, 1}});
  auto expected = *engine->tokenize(prompt, {.parse_special = true});
  const auto rest = *engine->tokenize(text, {});
  expected.insert(expected.end(), rest.begin(), rest.end());
  EXPECT_EQ(*tokens, expected);
  EXPECT_NE(*tokens, *engine->tokenize(prompt + text, {}));
}

TEST(Embedder, KnowsNoPromptWhereTheFileHasNone) {
  const auto engine = open_encoder("bert-f32");
  EmbedOptions options;
  options.prompt_name = "query";
  const Status status = engine->embed("hello", options).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("prompt: expected none"), std::string_view::npos) << status.to_string();
  options.prompt_name = "";
  EXPECT_TRUE(engine->embed("hello", options).ok());
}

TEST(Embedder, RefusesWhatItCannotDo) {
  const auto engine = open_encoder("bert-f32");
  EXPECT_FALSE(engine->info().can_answer);
  const auto code = [&](std::vector<TokenId> tokens) {
    return engine->embed(std::span<const TokenId>(tokens), {}).status().code();
  };
  EXPECT_EQ(code({}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({-1}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({192}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(std::vector<TokenId>(96, 5)), StatusCode::kOk);
  const Status too_long = engine->embed(std::span<const TokenId>(std::vector<TokenId>(97, 5)), {}).status();
  EXPECT_EQ(too_long.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(too_long.message().find("at most 96 tokens, found 97"), std::string_view::npos) << too_long.to_string();

  const Status answer = engine->create_session().status();
  EXPECT_EQ(answer.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(answer.message().find("tenfold embed"), std::string_view::npos) << answer.to_string();

  EngineOptions options;
  options.n_ctx = 97;
  const Status context = Engine::open(read_golden("bert-f32").path, options).status();
  EXPECT_EQ(context.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(context.message().find("at most 96"), std::string_view::npos) << context.to_string();
  options.n_ctx = 0;
  options.draft_path = read_golden("bert-f32").path;
  EXPECT_EQ(Engine::open(read_golden("llama-q4_0").path, options).status().code(), StatusCode::kFailedPrecondition);
}

TEST(Embedder, ACancelledTextLeavesNothingBehind) {
  const auto engine = open_encoder("llama-q4_0");
  const std::vector<TokenId> tokens = some_tokens(100);
  std::atomic<bool> cancel = true;
  EmbedOptions options;
  options.cancel = &cancel;
  EXPECT_EQ(engine->embed(std::span<const TokenId>(tokens), options).status().code(), StatusCode::kCancelled);
  cancel = false;
  EXPECT_EQ(embed(*engine, tokens, options), embed(*engine, tokens, {}));
}

TEST(Embedder, TextsOnSeveralThreadsTakeTurnsBesideSessions) {
  EngineOptions options;
  options.max_sessions = 1;
  options.prefill_chunk = 16;
  const auto engine = open_encoder("llama-q4_0", options);
  const std::vector<TokenId> tokens = some_tokens(60);
  const std::vector<float> expected = embed(*engine, tokens, {});
  const auto session = std::move(engine->create_session()).value();  // the only place
  const auto answer = session->generate(some_tokens(20), greedy(20), nullptr);
  ASSERT_TRUE(answer.ok());

  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5; ++round) EXPECT_EQ(embed(*engine, tokens, {}), expected);
    });
  }
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(session->truncate(0).ok());
    EXPECT_EQ(session->generate(some_tokens(20), greedy(20), nullptr)->tokens, answer->tokens);
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace tenfold
