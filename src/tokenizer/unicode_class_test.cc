#include "tokenizer/unicode_class.h"

#include <gtest/gtest.h>

#include <array>

namespace tenfold {
namespace {

TEST(UnicodeClass, KnowsOneOfEach) {
  EXPECT_EQ(char_class(U'a'), CharClass::kLetter);
  EXPECT_EQ(char_class(U'你'), CharClass::kLetter);
  EXPECT_EQ(char_class(U'ª'), CharClass::kLetter);
  EXPECT_EQ(char_class(0x2EBF0), CharClass::kLetter) << "new in Unicode 15.1";
  EXPECT_EQ(char_class(U'7'), CharClass::kNumber);
  EXPECT_EQ(char_class(U'½'), CharClass::kNumber);
  EXPECT_EQ(char_class(0x0301), CharClass::kMark);
  EXPECT_EQ(char_class(U'_'), CharClass::kPunctuation);
  EXPECT_EQ(char_class(U'$'), CharClass::kSymbol);
  EXPECT_EQ(char_class(0x1F600), CharClass::kSymbol);
  EXPECT_EQ(char_class(U'\t'), CharClass::kSpace);
  EXPECT_EQ(char_class(0x85), CharClass::kSpace);
  EXPECT_EQ(char_class(0x3000), CharClass::kSpace);
  for (const char32_t other : {0x00, 0x1C, 0x7F, 0x200B, 0xD800, 0xE000, 0xFFFF, 0x10FFFF}) {
    EXPECT_EQ(char_class(other), CharClass::kOther) << std::hex << static_cast<unsigned>(other);
  }
  EXPECT_EQ(char_class(0x110000), CharClass::kOther) << "past the end";
}

// Counted from UnicodeData.txt 15.1; U+0009…U+000D and U+0085 are controls there and spaces here.
TEST(UnicodeClass, CountsAreThoseOfUnicode15Point1) {
  std::array<int, 7> counts{};
  for (char32_t c = 0; c < 0x110000; ++c) ++counts[static_cast<std::size_t>(char_class(c))];
  EXPECT_EQ(counts[static_cast<std::size_t>(CharClass::kLetter)], 136726);
  EXPECT_EQ(counts[static_cast<std::size_t>(CharClass::kNumber)], 1831);
  EXPECT_EQ(counts[static_cast<std::size_t>(CharClass::kMark)], 2450);
  EXPECT_EQ(counts[static_cast<std::size_t>(CharClass::kPunctuation)], 842);
  EXPECT_EQ(counts[static_cast<std::size_t>(CharClass::kSymbol)], 7775);
  EXPECT_EQ(counts[static_cast<std::size_t>(CharClass::kSpace)], 25);
}

}  // namespace
}  // namespace tenfold
