#include "engine/ngram_drafter.h"

#include <gtest/gtest.h>

#include <random>

namespace tenfold {
namespace {

struct Counts {
  int n_proposed = 0;
  int n_right = 0;
};

// Walks through text[begin…] as a session would, one step for what was drafted right and one token more.
Counts follow(NgramDrafter& drafter, const std::vector<TokenId>& text, std::size_t begin) {
  const std::atomic<bool> no_cancel = false;
  Counts counts;
  drafter.begin(std::span(text).first(begin));
  for (std::size_t at = begin; at < text.size();) {
    drafter.accept(text[at++]);
    std::array<TokenId, 7> drafts{};
    const int n = *drafter.propose(drafts, no_cancel);
    counts.n_proposed += n;
    for (int i = 0; i < n && at < text.size() && drafts[static_cast<std::size_t>(i)] == text[at]; ++i) {
      drafter.accept(text[at++]);
      ++counts.n_right;
    }
  }
  return counts;
}

std::vector<TokenId> random_tokens(int n, unsigned n_different, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<TokenId> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back(static_cast<TokenId>(random() % n_different));
  return tokens;
}

TEST(NgramDrafter, ACopyIsDraftedAlmostWhole) {
  std::vector<TokenId> text = random_tokens(200, 1000, 1);
  const auto again = text;
  text.insert(text.end(), again.begin(), again.end());
  NgramDrafter drafter(400);
  const Counts counts = follow(drafter, text, 200);
  EXPECT_GT(counts.n_right, 140) << "of 200, in steps of at most eight, the first few without any experience";
  EXPECT_LE(counts.n_proposed - counts.n_right, 7) << "only what would come after the copy is drafted wrong";
}

TEST(NgramDrafter, ATextWithoutRepetitionsGetsNoDrafts) {
  NgramDrafter drafter(2000);
  EXPECT_EQ(follow(drafter, random_tokens(2000, 1 << 20, 2), 100).n_proposed, 0);
}

TEST(NgramDrafter, RepetitionsThatSayNothingGetNoDrafts) {
  NgramDrafter drafter(4000);
  // With 20 different tokens every pair has occurred many times, and what followed it means nothing.
  const Counts counts = follow(drafter, random_tokens(4000, 20, 3), 1000);
  EXPECT_LT(counts.n_proposed, 150) << "of 3000 tokens: checking them costs half a percent";
}

TEST(NgramDrafter, StopsWhenTheCopyEndsAndStartsAgainWithTheNext) {
  std::vector<TokenId> text = random_tokens(150, 1000, 4);
  const auto source = text;
  const auto noise = random_tokens(600, 20, 5);
  text.insert(text.end(), source.begin(), source.end());
  const std::size_t copied = text.size();
  text.insert(text.end(), noise.begin(), noise.end());
  const std::size_t noisy = text.size();
  text.insert(text.end(), source.begin(), source.end());
  NgramDrafter drafter(static_cast<int>(text.size()));
  const Counts copy = follow(drafter, {text.begin(), text.begin() + static_cast<std::ptrdiff_t>(copied)}, 150);
  const Counts noise_counts =
      follow(drafter, {text.begin(), text.begin() + static_cast<std::ptrdiff_t>(noisy)}, copied);
  const Counts again = follow(drafter, text, noisy);
  EXPECT_GT(copy.n_right, 90);
  EXPECT_LT(noise_counts.n_proposed, 30);
  EXPECT_GT(again.n_right, 90);
}

}  // namespace
}  // namespace tenfold
