#include "jinja/unicode.h"

#include <gtest/gtest.h>

namespace tenfold::jinja {
namespace {

TEST(Unicode, MapsCase) {
  EXPECT_EQ(to_upper("straße ŉ ǆ ÿ"), "STRASSE ʼN Ǆ Ÿ");
  EXPECT_EQ(to_lower("ÀÉ İ Ⱥ"), "àé i̇ ⱥ");
  EXPECT_EQ(to_lower("ΑΣ ΣΑΣ. Σ"), "ας σας. σ");
  EXPECT_EQ(capitalize("ǆabc DEF"), "ǅabc def");
  EXPECT_EQ(title_words("it's ǆ ÉCOLE"), "It'S ǅ École");
  EXPECT_EQ(title_filter("it's a-b (c) ÉCOLE"), "It's A-B (C) École");
  EXPECT_EQ(swap_case("aBß"), "AbSS");
}

TEST(Unicode, KnowsClasses) {
  EXPECT_EQ(character_class('a') & (kAlpha | kLower | kUpper | kPrintable), kAlpha | kLower | kPrintable);
  EXPECT_EQ(character_class('A') & kCased, kUpper);
  EXPECT_EQ(character_class(U'ǅ') & kCased, kTitle);
  EXPECT_EQ(character_class(U'5') & kAlphanumeric, kDecimal | kDigit | kNumeric);
  EXPECT_EQ(character_class(U'½') & kAlphanumeric, kNumeric);
  EXPECT_EQ(character_class(U'語') & (kAlpha | kCased), kAlpha);
  EXPECT_EQ(character_class(0xA0) & kPrintable, 0);
  EXPECT_EQ(character_class(0x10FFFF) & kPrintable, 0);
}

}  // namespace
}  // namespace tenfold::jinja
