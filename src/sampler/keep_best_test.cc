#include "sampler/keep_best.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sampler/logits_testing.h"

namespace tenfold {
namespace {

TEST(Keys, OrderAsTheFloatsDo) {
  const float sorted[] = {
      -std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::max(), -1, -1e-40F, 0, 1e-40F, 1,
      std::numeric_limits<float>::max()};
  for (std::size_t i = 1; i < std::size(sorted); ++i) {
    EXPECT_LT(ascending_key(sorted[i - 1]), ascending_key(sorted[i]));
    EXPECT_GT(descending_key(sorted[i - 1]), descending_key(sorted[i]));
  }
}

// What keep_best promises, by a full sort.
std::vector<TokenId> sorted_prefix(const Candidates& c, double target) {
  std::vector<std::size_t> order(c.n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return c.keys[a] != c.keys[b] ? c.keys[a] < c.keys[b] : a < b; });
  std::vector<TokenId> kept;
  double weight = 0;
  for (const std::size_t i : order) {
    if (!kept.empty() && weight >= target) break;
    kept.push_back(c.ids[i]);
    weight += c.weights[i];
  }
  std::sort(kept.begin(), kept.end());
  return kept;
}

// Weights that are multiples of 1/4: sums are exact in any order, so that borders can be hit exactly.
TEST(KeepBest, SameAsAFullSort) {
  std::uint64_t draw = 0;
  const auto random_below = [&](std::uint32_t n) {
    return static_cast<std::uint32_t>(uniform_random(99, draw++) * static_cast<double>(n));
  };
  for (int round = 0; round < 2000; ++round) {
    const std::size_t n = 1 + random_below(round % 10 == 0 ? 1000 : 40);
    Candidates c(n);
    c.n = n;
    // Few different keys, or keys that differ in one digit, or any.
    const int kind = round % 3;
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) {
      c.ids[i] = static_cast<TokenId>(3 * i);
      c.keys[i] = kind == 0 ? random_below(4) * 0x40000000U : kind == 1 ? random_below(256) << 8 : random_below(~0U);
      c.weights[i] = 0.25F * static_cast<float>(1 + random_below(4));
      total += c.weights[i];
    }
    const double target = 0.25 * std::floor(4 * total * 1.2 * uniform_random(7, static_cast<std::uint64_t>(round)));
    const std::vector<TokenId> expected = sorted_prefix(c, target);
    keep_best(c, target);
    ASSERT_EQ(ids_of(c), expected) << "round " << round << " n " << n << " target " << target;
  }
}

TEST(KeepBest, AtLeastOneAndTheRestOfTheColumnsFollow) {
  Candidates c(3);
  c.n = 3;
  c.ids = {5, 6, 7};
  c.scores = {0.5F, 0.6F, 0.7F};
  c.weights = {1, 2, 3};
  c.keys = {9, 4, 4};
  keep_best(c, 0);
  ASSERT_EQ(c.n, 1U);
  EXPECT_EQ(c.ids[0], 6);
  EXPECT_EQ(c.scores[0], 0.6F);
  EXPECT_EQ(c.weights[0], 2);
}

// Sums of thirds are rounded differently in every order; the target is their sum in one of them.
TEST(KeepBest, RoundingNeitherEmptiesNorOverflows) {
  for (std::size_t n = 2; n < 300; ++n) {
    Candidates c(n);
    c.n = n;
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) {
      c.keys[i] = static_cast<std::uint32_t>((i * 2654435761U) & 0xFFFFFFFF);
      c.weights[i] = 1.0F / static_cast<float>(3 + i % 11);
      total += c.weights[i];
    }
    keep_best(c, total);
    EXPECT_GE(c.n, n - 1);
  }
}

}  // namespace
}  // namespace tenfold
