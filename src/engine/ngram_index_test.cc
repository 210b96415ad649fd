#include "engine/ngram_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tenfold {
namespace {

std::vector<TokenId> tokens_of(std::string_view letters) { return {letters.begin(), letters.end()}; }

NgramIndex index_of(std::string_view letters) {
  NgramIndex index(100);
  index.set_text(tokens_of(letters));
  return index;
}

std::string continuation(const NgramIndex& index, std::size_t n) {
  std::vector<TokenId> tokens(n);
  index.continuation(index.longest_match(), tokens);
  return {tokens.begin(), tokens.end()};
}

TEST(NgramIndex, NoMatchWhereNothingRepeats) {
  EXPECT_EQ(NgramIndex(10).longest_match().length, 0);
  for (const char* text : {"", "a", "ab", "abcdef", "abcb"})
    EXPECT_EQ(index_of(text).longest_match().length, 0) << text;
}

TEST(NgramIndex, TheLongestMatchWinsAndOfEqualsTheLatest) {
  const NgramIndex longest = index_of("xabc1 yabc2 zbc3 xabc");
  EXPECT_EQ(longest.longest_match().length, 4);
  EXPECT_EQ(continuation(longest, 4), "1 ya");
  const NgramIndex latest = index_of("abc1 abc2 _abc");
  EXPECT_EQ(latest.longest_match().length, 3);
  EXPECT_EQ(continuation(latest, 3), "2 _");
}

TEST(NgramIndex, ARepeatingTextIsTakenToGoOnRepeating) {
  EXPECT_EQ(continuation(index_of("xyabcabc"), 7), "abcabca");
  EXPECT_EQ(continuation(index_of("aaa"), 3), "aaa");
}

// The longest agreement of any earlier place with the end, by trying all of them.
NgramIndex::Match slow_match(std::span<const TokenId> text) {
  NgramIndex::Match best;
  for (std::size_t next = 1; next < text.size(); ++next) {
    int n = 0;
    while (n < NgramIndex::kMaxMatch && static_cast<std::size_t>(n) < next &&
           text[next - 1 - static_cast<std::size_t>(n)] == text[text.size() - 1 - static_cast<std::size_t>(n)]) {
      ++n;
    }
    if (n >= NgramIndex::kMinMatch && n >= best.length) best = {n, static_cast<int>(next)};
  }
  return best;
}

TEST(NgramIndex, FindsWhatTryingAllPlacesFindsAlsoAfterTheTextWasCut) {
  std::mt19937 random(1);
  NgramIndex index(400);
  std::vector<TokenId> text;
  for (int round = 0; round < 200; ++round) {
    // Cut somewhere and go on differently, with few and with many different tokens.
    text.resize(random() % (text.size() + 1));
    const unsigned n_tokens = round % 3 == 0 ? 2 : round % 3 == 1 ? 5 : 100;
    while (text.size() < 250 && random() % 40 != 0) text.push_back(static_cast<TokenId>(random() % n_tokens));
    index.set_text(text);
    ASSERT_TRUE(std::ranges::equal(index.text(), text));
    const auto expected = slow_match(text);
    const auto found = index.longest_match();
    EXPECT_EQ(found.length, expected.length);
    if (expected.length > 0) {
      EXPECT_EQ(found.next, expected.next);
    }
  }
}

}  // namespace
}  // namespace tenfold
