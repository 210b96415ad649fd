#include "tokenizer/windowed_merge.h"

#include <gtest/gtest.h>

#include <random>

#include "tokenizer/random_pairs_testing.h"

namespace tenfold {
namespace {

using Symbols = std::vector<std::pair<std::uint32_t, std::uint32_t>>;  // id, begin

Symbols as_a_whole(std::string_view text, const RandomPairs& pairs) {
  MergeList list;
  list.start(text.size());
  for (std::uint32_t at = 0; at < text.size(); ++at) list.append(pairs.first(text, at).id, at, at + 1);
  list.merge_by_queue(pairs);
  Symbols symbols;
  list.for_each([&](const MergeSymbol& symbol) { symbols.emplace_back(symbol.id, symbol.begin); });
  return symbols;
}

Symbols in_windows(std::string_view text, const RandomPairs& pairs, std::size_t window) {
  WindowedMerge merge(nullptr, window);
  Symbols symbols;
  merge.run(text, 0, static_cast<std::uint32_t>(text.size()), pairs,
            [&](const MergeSymbol& symbol) { symbols.emplace_back(symbol.id, symbol.begin); });
  return symbols;
}

// n letters in runs, so that merges of merges meet at the borders.
std::string random_text(std::mt19937& random, int n_letters, std::size_t n) {
  std::string text;
  while (text.size() < n) text.append(1 + random() % 5, static_cast<char>('a' + random() % unsigned(n_letters)));
  text.resize(n);
  return text;
}

TEST(WindowedMerge, GivesTheSameAsMergingTheWhole) {
  std::mt19937 random(1);
  for (int round = 0; round < 400; ++round) {
    const int n_letters = 1 + static_cast<int>(random() % 4);
    const RandomPairs pairs(random, n_letters, 40, round % 3 == 0 ? 1 : round % 3 == 1 ? 5 : 1000);
    const std::string text = random_text(random, n_letters, 1000);
    const Symbols expected = as_a_whole(text, pairs);
    for (const std::size_t window : {1u, 70u, 101u, 250u, 999u, 1000u}) {
      ASSERT_EQ(in_windows(text, pairs, window), expected) << "round " << round << ", window " << window;
    }
  }
}

TEST(WindowedMerge, BeginsAndEndsWhereItIsTold) {
  std::mt19937 random(2);
  const RandomPairs pairs(random, 1, 30, 1000);
  const std::string text(3000, 'a');
  WindowedMerge merge(nullptr, 200);
  Symbols symbols;
  merge.run(text, 500, 2501, pairs, [&](const MergeSymbol& s) { symbols.emplace_back(s.id, s.begin - 500); });
  EXPECT_EQ(symbols, as_a_whole(std::string(2001, 'a'), pairs));
}

TEST(WindowedMerge, FindsAPlaceToCutNearTheEndOfAWindow) {
  std::mt19937 random(3);
  std::size_t n_firsts = 0;
  constexpr std::size_t kSize = 20000;
  constexpr int kRounds = 50;
  for (int round = 0; round < kRounds; ++round) {
    const RandomPairs pairs(random, 1 + round % 3, 30, 1000);
    in_windows(random_text(random, 1 + round % 3, kSize), pairs, 1000);
    n_firsts += pairs.n_firsts;
  }
  EXPECT_LE(n_firsts, kSize * kRounds * 2) << "windows that only ever grow take 2.5 times the text";
}

// Pairs after whose n-th look-up the caller wants to stop.
class PairsUntil {
 public:
  PairsUntil(const RandomPairs& pairs, std::size_t n, std::atomic<bool>& flag) : pairs_(pairs), n_(n), flag_(flag) {}
  [[nodiscard]] std::uint32_t find(const MergeSymbol& left, const MergeSymbol& right) const {
    if (pairs_.n_finds == n_) flag_ = true;
    return pairs_.find(left, right);
  }
  [[nodiscard]] std::uint32_t rank(std::uint32_t pair) const { return pairs_.rank(pair); }
  [[nodiscard]] std::uint32_t result(std::uint32_t pair) const { return pairs_.result(pair); }
  [[nodiscard]] std::size_t n_ranks() const { return pairs_.n_ranks(); }
  [[nodiscard]] MergeSymbol first(std::string_view text, std::uint32_t at) const { return pairs_.first(text, at); }
  bool append_beginnings(std::string_view text, std::uint32_t at, std::vector<MergeSymbol>& out) const {
    return pairs_.append_beginnings(text, at, out);
  }

 private:
  const RandomPairs& pairs_;
  std::size_t n_;
  std::atomic<bool>& flag_;
};

TEST(WindowedMerge, StopsInTheMiddleOfAPiece) {
  std::mt19937 random(4);
  const std::string text(100'000, 'a');
  for (const std::size_t n : {0u, 10u, 60'000u, 120'000u}) {
    const RandomPairs pairs(random, 1, 30, 1000);
    std::atomic<bool> flag = false;
    CancelLatch cancel(&flag);
    WindowedMerge merge(&cancel, text.size());
    merge.run(text, 0, static_cast<std::uint32_t>(text.size()), PairsUntil(pairs, n, flag),
              [](const MergeSymbol&) { FAIL() << "what is left means nothing"; });
    EXPECT_LE(pairs.n_finds, n + 1100);
  }
}

}  // namespace
}  // namespace tenfold
