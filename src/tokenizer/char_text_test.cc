#include "tokenizer/char_text.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace tenfold {
namespace {

std::u32string points_of(std::string_view text) {
  std::u32string points;
  for (const Char c : decode_chars(text)) points.push_back(c.code_point());
  return points;
}

TEST(CharText, DecodesEveryScalarValueWithItsClass) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, c);
    const std::vector<Char> chars = decode_chars(text);
    ASSERT_EQ(chars.size(), 1u);
    ASSERT_EQ(chars[0].code_point(), c);
    ASSERT_EQ(chars[0].char_class(), char_class(c));
    std::string back;
    append_chars(back, chars);
    ASSERT_EQ(back, text);
  }
}

TEST(CharText, TakesOverlongFormsAndSurrogatesAtFaceValue) {
  EXPECT_EQ(points_of("\xC1\x81"), U"A");
  EXPECT_EQ(points_of("\xE0\x80\xAF"), U"/");
  EXPECT_EQ(points_of("\xED\xA0\x80"), std::u32string(1, 0xD800));
}

TEST(CharText, ReplacesBytesThatDoNotFit) {
  EXPECT_EQ(points_of("a\x80z"), U"a\uFFFDz");
  EXPECT_EQ(points_of("\xE4\xBD"), U"\uFFFD\uFFFD");
  EXPECT_EQ(points_of("\xE4z"), U"\uFFFDz");
  EXPECT_EQ(points_of("\xF8\xFF"), U"\uFFFD\uFFFD");
  EXPECT_EQ(points_of("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD") << "past U+10FFFF";
  EXPECT_EQ(points_of(""), U"");
}

}  // namespace
}  // namespace tenfold
