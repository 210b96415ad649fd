#include "sampler/temperature.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "sampler/logits_testing.h"

namespace tenfold {
namespace {

TEST(ExpOfNegative, IsCloseToTheRealOne) {
  EXPECT_EQ(exp_of_negative(0), 1.0F);
  EXPECT_EQ(exp_of_negative(-0.0F), 1.0F);
  double worst = 0;
  for (int i = 0; i < 870000; ++i) {
    const float x = -1e-4F * static_cast<float>(i);
    const double expected = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::fabs(exp_of_negative(x) - expected) / expected);
  }
  EXPECT_LT(worst, 2.5e-7);  // four half-units in the last place
  for (const float x : {-87.1F, -1e30F, -std::numeric_limits<float>::infinity(), std::nanf("")}) {
    EXPECT_EQ(exp_of_negative(x), 0.0F);
  }
}

// The same bits on every platform, compiler and vector width: a hash of them made on x86-64.
TEST(ExpOfNegative, SameBitsEverywhere) {
  std::vector<float> logits(100001);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = -0.00091F * static_cast<float>(i);
  const Candidates c = make_candidates(logits, 0.97F);
  std::uint64_t hash = 0xCBF29CE484222325;
  for (std::size_t i = 0; i < c.n; ++i) hash = (hash ^ std::bit_cast<std::uint32_t>(c.weights[i])) * 0x100000001B3;
  EXPECT_EQ(hash, 8130384641332330816U);
  EXPECT_EQ(c.weights[777], exp_of_negative((logits[777] - logits[0]) / 0.97F));
}

TEST(Weigh, SoftMaxOfScoresOverTemperature) {
  for (const LogitShape shape : kAllLogitShapes) {
    const std::vector<float> logits = make_logits(shape, 1001, 5);
    for (const float temperature : {0.01F, 0.7F, 1.0F, 30.0F}) {
      const Candidates c = make_candidates(logits, temperature);
      const float best = *std::max_element(logits.begin(), logits.end());
      double total = 0;
      for (std::size_t i = 0; i < c.n; ++i) {
        const double z = (static_cast<double>(logits[i]) - best) / temperature;
        EXPECT_NEAR(c.weights[i], std::exp(z), 1e-5) << i;
        total += c.weights[i];
      }
      EXPECT_NEAR(sum_of_weights(c), total, 1e-9 * total);
    }
  }
}

TEST(Weigh, TinyAndHugeTemperatures) {
  const std::vector<float> logits = {1, 3, 3, -std::numeric_limits<float>::max(),
                                     std::numeric_limits<float>::infinity()};
  for (const float temperature : {1e-45F, 1e-30F, 1e30F, std::numeric_limits<float>::max()}) {
    const Candidates c = make_candidates(logits, temperature);
    for (std::size_t i = 0; i < c.n; ++i) {
      EXPECT_TRUE(c.weights[i] >= 0 && c.weights[i] <= 1) << c.weights[i];
    }
    EXPECT_EQ(c.weights[4], 1);
  }
}

TEST(Weigh, NothingAboveMinusInfinity) {
  Candidates c(3);
  c.n = 3;
  c.scores.assign(3, -std::numeric_limits<float>::infinity());
  EXPECT_FALSE(weigh_candidates(c, 1));
  c.scores[1] = -std::numeric_limits<float>::max();
  EXPECT_TRUE(weigh_candidates(c, 1));
  EXPECT_EQ(c.weights[0], 0);
  EXPECT_EQ(c.weights[1], 1);
}

TEST(MaxScore, FindsTheHighest) {
  EXPECT_EQ(max_score(nullptr, 0), -std::numeric_limits<float>::infinity());
  for (const LogitShape shape : kAllLogitShapes) {
    for (std::size_t n = 1; n < 70; ++n) {
      const std::vector<float> logits = make_logits(shape, n, n);
      EXPECT_EQ(max_score(logits.data(), n), *std::max_element(logits.begin(), logits.end()));
    }
  }
}

TEST(SaneScore, Table) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(sane_score(std::nanf("")), -kInf);
  EXPECT_EQ(sane_score(-std::nanf("")), -kInf);
  EXPECT_EQ(sane_score(kInf), std::numeric_limits<float>::max());
  EXPECT_EQ(sane_score(-kInf), -kInf);
  EXPECT_FALSE(std::signbit(sane_score(-0.0F)));
  EXPECT_EQ(sane_score(-1.5F), -1.5F);
}

}  // namespace
}  // namespace tenfold
