#include "tokenizer/nfc.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/json.h"
#include "base/utf8.h"

namespace tenfold {
namespace {

std::string composed(std::string_view text) {
  std::vector<Char> chars = decode_chars(text);
  CancelLatch cancel;
  compose(chars, cancel);
  std::string out;
  append_chars(out, chars);
  return out;
}

TEST(Nfc, DoesWhatUnicodeSays) {
  std::ifstream in(std::string(TENFOLD_SOURCE_DIR) + "/src/tokenizer/testdata/nfc_goldens.json");
  std::ostringstream content;
  content << in.rdbuf();
  const Result<Json> goldens = parse_json(content.str());
  ASSERT_TRUE(goldens.ok()) << goldens.status().to_string();
  ASSERT_GE(goldens->size(), 400U);
  for (const Json& golden : *goldens) {
    const auto text = golden[0].get<std::string>();
    EXPECT_EQ(composed(text), golden[1].get<std::string>()) << golden[0].dump();
  }
}

TEST(Nfc, ComposesLettersAndHangul) {
  EXPECT_EQ(composed("cafe\u0301 Vie\u0323\u0302t"), "café Việt");
  EXPECT_EQ(composed("\u1112\u1161\u11AB\u1100\u116E\u11A8"), "한국");
  EXPECT_EQ(composed("\uAC00\u11A8x"), "각x");
  EXPECT_EQ(composed("q\u0307\u0323"), "q\u0323\u0307") << "in order, though not one character";
  EXPECT_EQ(composed("\u0958"), "\u0915\u093C") << "excluded from composition";
}

TEST(Nfc, LeavesOtherTextAsItIs) {
  std::string text;
  for (char32_t c = 1; c < 0x110000; ++c) {
    if ((c >= 0x300 && c < 0x370) || (c >= 0xD800 && c < 0xE000)) continue;
    std::string once;
    append_utf8(once, c);
    const std::string as_composed = composed(once);
    EXPECT_EQ(composed(as_composed), as_composed) << std::hex << static_cast<std::uint32_t>(c);
    EXPECT_TRUE(as_composed == once || c >= 0x340);
  }
  for (const char* unchanged : {"", "plain", "Größe, 你好 한국어 привет", "\xff\xed\xa0\x80", "\u1100 \u1161"}) {
    std::string expected;
    append_chars(expected, decode_chars(unchanged));
    EXPECT_EQ(composed(unchanged), expected);
  }
}

// A pass over all marks for each of them would take hours.
TEST(Nfc, ALetterWithManyMarksTakesNoLonger) {
  std::string text = "a";
  std::string falling = "a";
  for (int i = 0; i < 500'000; ++i) {
    text += "\u0301";
    falling += i % 2 == 0 ? "\u0345" : "\u0323";
  }
  EXPECT_EQ(composed(text).size(), text.size() - 1) << "the first one becomes part of the letter";
  const std::string sorted = composed(falling);
  EXPECT_EQ(sorted.substr(0, 3), "ạ");
  EXPECT_EQ(sorted.size(), falling.size());
  EXPECT_TRUE(sorted.ends_with("\u0345"));
}

}  // namespace
}  // namespace tenfold
