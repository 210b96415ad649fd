#include "key_decoder.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace tenfold::cli {

bool operator==(const Key& a, const Key& b) { return a.kind == b.kind && a.text == b.text; }
void PrintTo(const Key& key, std::ostream* out) { *out << static_cast<int>(key.kind) << " '" << key.text << "'"; }

namespace {

using Keys = std::vector<Key>;

Keys decode(std::string_view bytes) {
  KeyDecoder decoder(20);
  Keys keys;
  for (const char byte : bytes) {
    if (auto key = decoder.push(byte)) keys.push_back(*key);
  }
  return keys;
}

Key text(std::string_view characters) { return {KeyKind::kText, std::string(characters)}; }

TEST(KeyDecoder, CharactersAreWhole) {
  EXPECT_EQ(decode("aé日👩"), (Keys{text("a"), text("é"), text("日"), text("👩")}));
}

TEST(KeyDecoder, BrokenCharactersAreReplaced) {
  EXPECT_EQ(decode("\xff"), Keys{text("\uFFFD")});
  EXPECT_EQ(decode("\xe6\xe6\x97\xa5"), (Keys{text("\uFFFD"), text("日")}));
  EXPECT_EQ(decode("\xe6\r"), Keys{{KeyKind::kEnter}}) << "no key is lost behind one";
}

TEST(KeyDecoder, Controls) {
  EXPECT_EQ(decode("\r"), Keys{{KeyKind::kEnter}});
  EXPECT_EQ(decode("\n"), Keys{{KeyKind::kEnter}});
  EXPECT_EQ(decode("\x7f\b\x04\t"),
            (Keys{{KeyKind::kBackspace}, {KeyKind::kBackspace}, {KeyKind::kEndOfInput}, {KeyKind::kTab}}));
  EXPECT_EQ(decode(std::string_view("\0\x1c\x1d", 3)), Keys{}) << "no text";
}

TEST(KeyDecoder, Sequences) {
  EXPECT_EQ(decode("\x1b[A\x1bOB\x1b[C\x1bOD"),
            (Keys{{KeyKind::kUp}, {KeyKind::kDown}, {KeyKind::kRight}, {KeyKind::kLeft}}));
  EXPECT_EQ(decode("\x1b[1~\x1b[4~\x1b[3~\x1b[1;5D\x1b[H"),
            (Keys{{KeyKind::kHome}, {KeyKind::kEnd}, {KeyKind::kDelete}, {KeyKind::kWordLeft}, {KeyKind::kHome}}));
  EXPECT_EQ(decode("\x1b"
                   "b\x1b\x7f\x1b\r"),
            (Keys{{KeyKind::kWordLeft}, {KeyKind::kEraseWordLeft}, {KeyKind::kNewLine}}));
}

TEST(KeyDecoder, UnknownSequencesLeaveNothingBehind) {
  EXPECT_EQ(decode("\x1b[15~a\x1b[<0;12;7Mb\x1b[[Ac\x1b[?2026;2$yd"),
            (Keys{text("a"), text("b"), text("c"), text("d")}));
  EXPECT_EQ(decode("\x1b[\x1b[A"), Keys{{KeyKind::kUp}});
  EXPECT_EQ(decode("\x1bxy"), Keys{text("y")});
}

TEST(KeyDecoder, APasteIsOneKey) {
  EXPECT_EQ(decode("\x1b[200~one\rtwo\r\nthree\n\x1b[201~!"),
            (Keys{{KeyKind::kPaste, "one\ntwo\nthree\n"}, text("!")}));
  EXPECT_EQ(decode("\x1b[200~\x1b[A\x03\x1b[201~"), (Keys{{KeyKind::kPaste, "\x1b[A\x03"}})) << "no keys in it";
  EXPECT_EQ(decode("\x1b[200~a\xff\x1b[201~"), (Keys{{KeyKind::kPaste, "a\uFFFD"}}));
}

TEST(KeyDecoder, ALongPasteIsDropped) {
  EXPECT_EQ(decode("\x1b[200~" + std::string(20, 'a') + "\x1b[201~"), (Keys{{KeyKind::kPaste, std::string(20, 'a')}}));
  EXPECT_EQ(decode("\x1b[200~" + std::string(21, 'a') + "\x1b[201~z"), (Keys{{KeyKind::kTooLong}, text("z")}));
  EXPECT_EQ(decode("\x1b[200~" + std::string(1000, 'a') + "\x1b[201~z"), (Keys{{KeyKind::kTooLong}, text("z")}));
}

}  // namespace
}  // namespace tenfold::cli
