#include "tokenizer/byte_alphabet.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace tenfold {
namespace {

TEST(ByteAlphabet, RoundTripsEveryByte) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string_view letter = letter_of_byte(static_cast<std::uint8_t>(byte));
    const Utf8Char decoded = decode_utf8(letter, 0);
    ASSERT_TRUE(decoded.valid);
    ASSERT_EQ(decoded.n_bytes, letter.size());
    EXPECT_EQ(byte_of_letter(decoded.code_point), byte);
  }
}

TEST(ByteAlphabet, SpellsAsGpt2Does) {
  EXPECT_EQ(letter_of_byte('a'), "a");
  EXPECT_EQ(letter_of_byte(0x00), "Ā");
  EXPECT_EQ(letter_of_byte(' '), "Ġ");
  EXPECT_EQ(letter_of_byte('\n'), "Ċ");
  EXPECT_EQ(letter_of_byte(0x7F), "ġ");
  EXPECT_EQ(letter_of_byte(0xA0), "ł");
  EXPECT_EQ(letter_of_byte(0xAD), "Ń");
  EXPECT_EQ(letter_of_byte(0xFF), "ÿ");
}

TEST(ByteAlphabet, KnowsWhatIsNoLetter) {
  for (const char32_t c : {0x20u, 0x0Au, 0x7Fu, 0xA0u, 0xADu, 0x144u, 0x2581u, 0x10FFFFu}) {
    EXPECT_FALSE(byte_of_letter(c).has_value()) << static_cast<unsigned>(c);
  }
}

}  // namespace
}  // namespace tenfold
