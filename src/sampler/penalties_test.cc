#include "sampler/penalties.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sampler/bias.h"

namespace tenfold {
namespace {

std::vector<float> penalized(const Penalties& penalties, std::vector<float> scores) {
  penalties.apply(scores);
  return scores;
}

TEST(Penalties, RepeatCoversPromptAndAnswerOnce) {
  SamplerOptions options;
  options.repeat_penalty = 2;
  Penalties penalties(options, 5);
  penalties.accept(0, /*from_prompt=*/true);
  penalties.accept(1, /*from_prompt=*/false);
  penalties.accept(1, /*from_prompt=*/false);
  penalties.accept(2, /*from_prompt=*/true);
  EXPECT_EQ(penalized(penalties, {4, -4, 0, 4, -4}), (std::vector<float>{2, -8, 0, 4, -4}));
}

TEST(Penalties, SpareTheTokensThatEndAnAnswer) {
  SamplerOptions options;
  options.repeat_penalty = 2;
  options.presence_penalty = 1;
  const std::vector<TokenId> spared = {1, -1, 7};
  Penalties penalties(options, 3, spared);
  for (int round = 0; round < 2; ++round) {
    for (const TokenId token : {0, 1, 2}) {
      penalties.accept(token, /*from_prompt=*/true);
      penalties.accept(token, /*from_prompt=*/false);
    }
    EXPECT_EQ(penalized(penalties, {4, 4, 4}), (std::vector<float>{1, 4, 1})) << round;
    penalties.reset();
  }
}

TEST(Penalties, FrequencyAndPresenceCountGeneratedTokensOnly) {
  SamplerOptions options;
  options.frequency_penalty = 0.5F;
  options.presence_penalty = 0.25F;
  Penalties penalties(options, 4);
  for (int i = 0; i < 9; ++i) penalties.accept(0, /*from_prompt=*/true);
  for (int i = 0; i < 3; ++i) penalties.accept(1, /*from_prompt=*/false);
  penalties.accept(2, /*from_prompt=*/true);
  penalties.accept(2, /*from_prompt=*/false);
  EXPECT_EQ(penalized(penalties, {1, 1, 1, 1}), (std::vector<float>{1, -0.75F, 0.25F, 1}));
}

TEST(Penalties, RepeatComesBeforeTheSubtraction) {
  SamplerOptions options;
  options.repeat_penalty = 2;
  options.presence_penalty = 1;
  Penalties penalties(options, 1);
  penalties.accept(0, /*from_prompt=*/false);
  EXPECT_EQ(penalized(penalties, {4}), (std::vector<float>{1}));
}

TEST(Penalties, ResetForgets) {
  SamplerOptions options;
  options.repeat_penalty = 2;
  options.frequency_penalty = 1;
  Penalties penalties(options, 2);
  penalties.accept(0, /*from_prompt=*/false);
  penalties.reset();
  EXPECT_EQ(penalized(penalties, {4, 4}), (std::vector<float>{4, 4}));
  penalties.accept(0, /*from_prompt=*/true);
  EXPECT_EQ(penalized(penalties, {4, 4}), (std::vector<float>{2, 4}));
}

TEST(Penalties, ResultsStaySane) {
  constexpr float kMax = std::numeric_limits<float>::max();
  constexpr float kInf = std::numeric_limits<float>::infinity();
  SamplerOptions options;
  options.repeat_penalty = 1e-30F;
  options.frequency_penalty = -2;
  Penalties penalties(options, 4);
  for (const TokenId token : {0, 1, 2, 3}) penalties.accept(token, /*from_prompt=*/false);
  const std::vector<float> scores = penalized(penalties, {kMax, -kInf, -1e-45F, -kMax});
  EXPECT_EQ(scores[0], kMax);
  EXPECT_EQ(scores[1], -kInf);
  EXPECT_EQ(scores[2], 2);
  EXPECT_TRUE(std::isfinite(scores[3]));
}

TEST(Penalties, ShorterScoresAreNotOverrun) {
  SamplerOptions options;
  options.repeat_penalty = 2;
  Penalties penalties(options, 100);
  penalties.accept(99, /*from_prompt=*/true);
  penalties.accept(1, /*from_prompt=*/true);
  EXPECT_EQ(penalized(penalties, {4, 4}), (std::vector<float>{4, 2}));
}

TEST(Bias, AddsUpAndForbids) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  std::vector<float> scores = {1, 1, std::numeric_limits<float>::max(), 1};
  add_bias(scores, {{0, 2}, {0, 3}, {1, -kInf}, {2, 1e38F}, {7, 1}});
  EXPECT_EQ(scores, (std::vector<float>{6, -kInf, std::numeric_limits<float>::max(), 1}));
}

}  // namespace
}  // namespace tenfold
