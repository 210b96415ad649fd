#include "sampler/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "runtime/allocation_testing.h"
#include "sampler/logits_testing.h"

namespace tenfold {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

// Everything off: plain sampling from the soft-max.
SamplerOptions plain(std::uint64_t seed) {
  SamplerOptions options;
  options.temperature = 1;
  options.top_k = 0;
  options.top_p = 1;
  options.min_p = 0;
  options.seed = seed;
  return options;
}

Sampler make_sampler(const SamplerOptions& options, std::size_t vocab_size) {
  Result<Sampler> sampler = Sampler::create(options, static_cast<int>(vocab_size));
  EXPECT_TRUE(sampler.ok()) << sampler.status().to_string();
  return std::move(sampler).value();
}

std::set<TokenId> drawn_tokens(const SamplerOptions& options, const std::vector<float>& logits, int n_draws) {
  Sampler sampler = make_sampler(options, logits.size());
  std::set<TokenId> tokens;
  for (int i = 0; i < n_draws; ++i) tokens.insert(sampler.sample(logits));
  return tokens;
}

TEST(Sampler, RefusesBadOptions) {
  SamplerOptions options;
  options.top_p = 2;
  const Result<Sampler> sampler = Sampler::create(options, 10);
  ASSERT_FALSE(sampler.ok());
  EXPECT_EQ(sampler.status().code(), StatusCode::kInvalidArgument);
}

TEST(Sampler, GreedyTakesTheBestAndTiesGoToTheLowestId) {
  SamplerOptions options;
  options.temperature = 0;
  Sampler sampler = make_sampler(options, 6);
  EXPECT_EQ(sampler.sample(std::vector<float>{1, 5, 2, 5, 4, 5}), 1);
  EXPECT_EQ(sampler.sample(std::vector<float>{-0.0F, 0, -1, -0.0F, 0, -1}), 0);
  for (const LogitShape shape : kAllLogitShapes) {
    const std::vector<float> logits = make_logits(shape, 1000, 4);
    Sampler big = make_sampler(options, 1000);
    EXPECT_EQ(big.sample(logits), std::max_element(logits.begin(), logits.end()) - logits.begin());
  }
}

TEST(Sampler, GreedyComesAfterBiasAndPenalties) {
  SamplerOptions options;
  options.temperature = 0;
  options.repeat_penalty = 2;
  options.logit_bias = {{2, 4.5F}};
  Sampler sampler = make_sampler(options, 4);
  const std::vector<float> logits = {5, 3, 1, -1};
  EXPECT_EQ(sampler.sample(logits), 2);
  sampler.accept(2, /*from_prompt=*/false);  // (1 + 4.5) / 2: the bias is penalised too
  EXPECT_EQ(sampler.sample(logits), 0);
  sampler.accept(0, /*from_prompt=*/true);
  EXPECT_EQ(sampler.sample(logits), 1);
}

// The share of each token over many draws against its probability.
TEST(Sampler, DrawsFromTheDistribution) {
  const std::vector<float> logits = {0.5F, -1, 2, 1.5F, -kInf, 0, 1, -0.5F};
  constexpr int kDraws = 50000;
  for (const float temperature : {0.7F, 1.0F, 2.0F}) {
    SamplerOptions options = plain(42);
    options.temperature = temperature;
    Sampler sampler = make_sampler(options, logits.size());
    std::vector<int> hits(logits.size(), 0);
    for (int i = 0; i < kDraws; ++i) ++hits[static_cast<std::size_t>(sampler.sample(logits))];
    double total = 0;
    for (const float l : logits) total += std::exp(static_cast<double>(l) / temperature);
    double chi_square = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double expected = kDraws * std::exp(static_cast<double>(logits[i]) / temperature) / total;
      if (expected == 0) {
        EXPECT_EQ(hits[i], 0);
      } else {
        chi_square += (hits[i] - expected) * (hits[i] - expected) / expected;
      }
    }
    EXPECT_LT(chi_square, 22.5);  // 6 degrees of freedom, one in a thousand
  }
}

// Each filter alone lets through what it should, and each borders on the next in the promised order.
TEST(Sampler, FiltersTakeEffect) {
  const std::vector<float> logits = {3, 2.9F, 2.8F, 0, -1};
  SamplerOptions options = plain(1);
  EXPECT_EQ(drawn_tokens(options, logits, 3000), (std::set<TokenId>{0, 1, 2, 3, 4}));
  options.top_k = 2;
  EXPECT_EQ(drawn_tokens(options, logits, 500), (std::set<TokenId>{0, 1}));
  options = plain(1);
  options.top_p = 0.5F;
  EXPECT_EQ(drawn_tokens(options, logits, 500), (std::set<TokenId>{0, 1}));
  options = plain(1);
  options.min_p = 0.5F;
  EXPECT_EQ(drawn_tokens(options, logits, 500), (std::set<TokenId>{0, 1, 2}));
  options = plain(1);
  options.typical_p = 0.3F;
  EXPECT_EQ(drawn_tokens(options, logits, 500), (std::set<TokenId>{1, 2}));
  options = plain(1);
  options.logit_bias = {{0, -kInf}, {4, 3.5F}};
  options.top_k = 3;
  EXPECT_EQ(drawn_tokens(options, logits, 500), (std::set<TokenId>{1, 2, 4}));
}

TEST(Sampler, TemperatureComesBeforeTopP) {
  const std::vector<float> logits = {2, 1, 0};  // at 1: 0.67 0.24 0.09, at 10: 0.37 0.33 0.30
  SamplerOptions options = plain(1);
  options.top_p = 0.6F;
  EXPECT_EQ(drawn_tokens(options, logits, 300).size(), 1U);
  options.temperature = 10;
  EXPECT_EQ(drawn_tokens(options, logits, 300).size(), 2U);
}

// Of four equal tokens top-k leaves two; half of what is left is one. Top-p first would leave two.
TEST(Sampler, TopKComesBeforeTopP) {
  SamplerOptions options = plain(1);
  options.top_k = 2;
  options.top_p = 0.5F;
  EXPECT_EQ(drawn_tokens(options, {1, 1, 1, 1}, 100), (std::set<TokenId>{0}));
}

// Probabilities 1/2, 1/4, 1/8, 1/8. Typical 0.2 leaves only token 1; top-p 0.5 first would leave only token 0.
TEST(Sampler, TypicalComesBeforeTopP) {
  const auto ln2 = static_cast<float>(std::log(2.0));
  SamplerOptions options = plain(1);
  options.typical_p = 0.2F;
  options.top_p = 0.5F;
  EXPECT_EQ(drawn_tokens(options, {3 * ln2, 2 * ln2, ln2, ln2}, 100), (std::set<TokenId>{1}));
}

// Weights 1, 0.5, 0.5, 0.1. 0.49 of their sum takes two tokens, and min-p leaves both. Min-p first would drop the last,
// and 0.49 of the remaining sum takes only one.
TEST(Sampler, TopPComesBeforeMinP) {
  const std::vector<float> logits = {0, std::log(0.5F), std::log(0.5F), std::log(0.1F)};
  SamplerOptions options = plain(1);
  options.top_p = 0.49F;  // 1.029 of 2.1; min-p first: 0.98 of 2
  options.min_p = 0.3F;
  EXPECT_EQ(drawn_tokens(options, logits, 300), (std::set<TokenId>{0, 1}));
}

TEST(Sampler, SameSeedSameTokens) {
  const std::vector<float> logits = make_logits(LogitShape::kSmooth, 500, 8);
  Sampler a = make_sampler(plain(7), logits.size());
  Sampler b = make_sampler(plain(7), logits.size());
  Sampler other = make_sampler(plain(8), logits.size());
  int n_different = 0;
  std::vector<TokenId> first;
  for (int i = 0; i < 200; ++i) {
    first.push_back(a.sample(logits));
    EXPECT_EQ(first.back(), b.sample(logits));
    n_different += other.sample(logits) != first.back() ? 1 : 0;
  }
  EXPECT_GT(n_different, 100);
  a.reset();
  for (const TokenId token : first) EXPECT_EQ(a.sample(logits), token);
}

TEST(Sampler, FreshSeedsDifferAndAreTold) {
  SamplerOptions options = plain(0);
  options.seed.reset();
  Sampler a = make_sampler(options, 1000);
  Sampler b = make_sampler(options, 1000);
  EXPECT_NE(a.seed(), b.seed());
  options.seed = a.seed();
  Sampler again = make_sampler(options, 1000);
  const std::vector<float> logits = make_logits(LogitShape::kSmooth, 1000, 8);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(a.sample(logits), again.sample(logits));
}

// The whole chain gives the same tokens on every platform: made on x86-64.
TEST(Sampler, SameTokensEverywhere) {
  const std::vector<TokenId> expected = {2381, 1427, 2378, 2639, 84,   2015, 3983, 1116, 444, 3341, 194,  1490,
                                         777,  1596, 455,  3008, 1541, 2631, 3056, 1668, 469, 1611, 3486, 3567};
  SamplerOptions options;
  options.temperature = 1.3F;
  options.top_k = 200;
  options.typical_p = 0.97F;
  options.repeat_penalty = 1.1F;
  options.frequency_penalty = 0.3F;
  options.seed = 2024;
  Sampler sampler = make_sampler(options, 4000);
  std::vector<TokenId> tokens;
  for (std::uint64_t i = 0; i < 24; ++i) {
    const TokenId token = sampler.sample(make_logits(LogitShape::kSmooth, 4000, i));
    sampler.accept(token, /*from_prompt=*/false);
    tokens.push_back(token);
  }
  EXPECT_EQ(tokens, expected);
}

// All combinations on all shapes: in range, never a forbidden token, never NaN.
TEST(Sampler, NeverPicksNanOrMinusInfinity) {
  for (const LogitShape shape : kAllLogitShapes) {
    for (int mask = 0; mask < 32; ++mask) {
      SamplerOptions options = plain(static_cast<std::uint64_t>(mask));
      if ((mask & 1) != 0) options.top_k = 37;
      if ((mask & 2) != 0) options.typical_p = 0.8F;
      if ((mask & 4) != 0) options.top_p = 0.9F;
      if ((mask & 8) != 0) options.min_p = 0.1F;
      if ((mask & 16) != 0) options.temperature = 0;
      std::vector<float> logits = make_logits(shape, 333, 6);
      for (std::size_t i = 0; i < logits.size(); i += 3) logits[i] = i % 2 == 0 ? kNan : -kInf;
      Sampler sampler = make_sampler(options, logits.size());
      for (int draw = 0; draw < 50; ++draw) {
        const TokenId token = sampler.sample(logits);
        ASSERT_TRUE(token >= 0 && token < 333);
        ASSERT_GT(logits[static_cast<std::size_t>(token)], -kInf) << "mask " << mask;
      }
    }
  }
}

TEST(Sampler, HopelessLogits) {
  for (const float temperature : {0.0F, 1.0F}) {
    for (const int top_k : {0, 2}) {
      SamplerOptions options = plain(3);
      options.temperature = temperature;
      options.top_k = top_k;
      Sampler sampler = make_sampler(options, 4);
      EXPECT_EQ(sampler.sample(std::vector<float>(4, kNan)), 0);
      EXPECT_EQ(sampler.sample(std::vector<float>(4, -kInf)), 0);
      EXPECT_EQ(sampler.sample(std::vector<float>{kNan, kNan, -kInf, -kInf}), 2);
      EXPECT_EQ(sampler.sample(std::vector<float>{kNan, 1, kInf, 7}), 2);
      EXPECT_EQ(sampler.sample({}), 0);
      EXPECT_EQ(sampler.sample(std::vector<float>{-5}), 0);                 // too few
      EXPECT_LT(sampler.sample(std::vector<float>{1, 1, 1, 1, 1e30F}), 4);  // too many
    }
  }
}

TEST(Sampler, AcceptIgnoresTokensOutOfTheVocabulary) {
  SamplerOptions options = plain(3);
  options.repeat_penalty = 2;
  Sampler sampler = make_sampler(options, 4);
  for (const TokenId token : {-1, 4, std::numeric_limits<TokenId>::max(), std::numeric_limits<TokenId>::min()}) {
    sampler.accept(token, /*from_prompt=*/true);
  }
  EXPECT_GE(sampler.sample(std::vector<float>{1, 2, 3, 4}), 0);
}

TEST(Sampler, SamplingNeverAllocates) {
  SamplerOptions all = plain(3);
  all.top_k = 100;
  all.typical_p = 0.9F;
  all.top_p = 0.9F;
  all.min_p = 0.01F;
  all.repeat_penalty = 1.1F;
  all.frequency_penalty = 0.1F;
  all.logit_bias = {{3, 1}};
  SamplerOptions whole = all;
  whole.top_k = 0;
  for (const SamplerOptions& options : {all, whole, plain(3)}) {
    Sampler sampler = make_sampler(options, 5000);
    const std::vector<float> logits = make_logits(LogitShape::kSmooth, 5000, 1);
    const long before = allocation_count();
    for (int i = 0; i < 100; ++i) sampler.accept(sampler.sample(logits), /*from_prompt=*/false);
    sampler.reset();
    EXPECT_EQ(allocation_count(), before);
  }
}

}  // namespace
}  // namespace tenfold
