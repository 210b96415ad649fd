#include "seen_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenfold::cli {
namespace {

std::vector<std::string> seen(std::string_view text) {
  std::vector<std::string> characters;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = next_seen(text, at);
    characters.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return characters;
}

using Characters = std::vector<std::string>;

TEST(SeenText, Columns) {
  for (const char32_t narrow : {U'a', U'é', U'ß', U'Ж', U'…'}) EXPECT_EQ(columns_of(narrow), 1) << +narrow;
  for (const char32_t wide : {U'日', U'한', U'カ', U'！', U'👩'}) EXPECT_EQ(columns_of(wide), 2) << +wide;
  for (const char32_t none : {U'\u0301', U'\u200d', U'\u0e31', U'\ufe0f'}) EXPECT_EQ(columns_of(none), 0) << +none;
}

TEST(SeenText, MarksBelongToTheirLetter) {
  EXPECT_EQ(seen("e\u0301a"), (Characters{"e\u0301", "a"}));
  EXPECT_EQ(seen("日本"), (Characters{"日", "本"}));
  EXPECT_EQ(seen("ที่x"), (Characters{"ที่", "x"}));
  EXPECT_EQ(seen("\u0301a"), (Characters{"\u0301", "a"})) << "a mark without a letter";
}

TEST(SeenText, WhatIsJoinedIsOneCharacter) {
  EXPECT_EQ(seen("👩\u200d👩\u200d👧!"), (Characters{"👩\u200d👩\u200d👧", "!"}));
  EXPECT_EQ(seen("👍🏽👍"), (Characters{"👍🏽", "👍"}));
  EXPECT_EQ(seen("🇩🇪🇫🇷🇯"), (Characters{"🇩🇪", "🇫🇷", "🇯"}));
  EXPECT_EQ(seen("👩\u200da"), (Characters{"👩\u200d", "a"}));
}

TEST(SeenText, ControlsAndBrokenBytesStandAlone) {
  EXPECT_EQ(seen("\n\u0301"), (Characters{"\n", "\u0301"}));
  EXPECT_EQ(seen("a\xff\xe2\x80z"), (Characters{"a", "\xff", "\xe2", "\x80", "z"}));
}

TEST(SeenText, BackwardsFindsTheSameCharacters) {
  const std::string text = "a\u0301b日\xff🇩🇪🇫🇷 👩\u200d👧\n\u0301ที่";
  const Characters forwards = seen(text);
  Characters backwards;
  for (std::size_t at = text.size(); at > 0;) {
    const std::size_t begin = previous_seen(text, at);
    backwards.insert(backwards.begin(), text.substr(begin, at - begin));
    at = begin;
  }
  EXPECT_EQ(backwards, forwards);
}

}  // namespace
}  // namespace tenfold::cli
