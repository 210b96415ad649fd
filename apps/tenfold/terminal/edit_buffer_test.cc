#include "edit_buffer.h"

#include <gtest/gtest.h>

namespace tenfold::cli {
namespace {

// The text with | where the cursor is.
std::string shown(const EditBuffer& buffer) {
  std::string text = buffer.text();
  return text.insert(buffer.cursor(), "|");
}

EditBuffer with(std::string text) {
  EditBuffer buffer(1000);
  buffer.set(std::move(text));
  return buffer;
}

TEST(EditBuffer, InsertsAtTheCursor) {
  EditBuffer buffer = with("ac");
  buffer.go_left();
  EXPECT_TRUE(buffer.insert("b"));
  EXPECT_EQ(shown(buffer), "ab|c");
}

TEST(EditBuffer, TakesNoMoreThanThereIsRoomFor) {
  EditBuffer buffer(4);
  EXPECT_TRUE(buffer.insert("abcd"));
  EXPECT_FALSE(buffer.insert("e"));
  EXPECT_EQ(buffer.text(), "abcd");
  buffer.set("longer than that");  // from the history
  EXPECT_FALSE(buffer.insert("e"));
}

TEST(EditBuffer, ErasesWholeCharacters) {
  EditBuffer buffer = with("日e\u0301🇩🇪");
  buffer.erase_left();
  EXPECT_EQ(shown(buffer), "日e\u0301|");
  buffer.erase_left();
  EXPECT_EQ(shown(buffer), "日|");
  buffer.go_left();
  buffer.erase_right();
  EXPECT_EQ(shown(buffer), "|");
  buffer.erase_left();
  buffer.erase_right();
  EXPECT_EQ(shown(buffer), "|");
}

TEST(EditBuffer, MovesByCharactersAndWords) {
  EditBuffer buffer = with("one 日本 three");
  buffer.go_word_left();
  EXPECT_EQ(shown(buffer), "one 日本 |three");
  buffer.go_word_left();
  EXPECT_EQ(shown(buffer), "one |日本 three");
  buffer.go_right();
  EXPECT_EQ(shown(buffer), "one 日|本 three");
  buffer.go_word_right();
  EXPECT_EQ(shown(buffer), "one 日本| three");
  buffer.go_line_begin();
  buffer.go_left();
  EXPECT_EQ(shown(buffer), "|one 日本 three");
}

TEST(EditBuffer, TakesAwayAndPutsBack) {
  EditBuffer buffer = with("one two");
  buffer.erase_word_left();
  EXPECT_EQ(shown(buffer), "one |");
  buffer.go_line_begin();
  buffer.put_back();
  EXPECT_EQ(shown(buffer), "two|one ");
  buffer.erase_line_right();
  EXPECT_EQ(shown(buffer), "two|");
  buffer.erase_line_left();
  EXPECT_EQ(shown(buffer), "|");
  buffer.put_back();
  EXPECT_EQ(shown(buffer), "two|");
}

TEST(EditBuffer, MovesBetweenLines) {
  EditBuffer buffer = with("first\n日本語です\n\nend");
  EXPECT_TRUE(buffer.in_last_line());
  EXPECT_FALSE(buffer.in_first_line());
  buffer.go_up();
  EXPECT_EQ(shown(buffer), "first\n日本語です\n|\nend");
  buffer.go_up();
  EXPECT_EQ(shown(buffer), "first\n|日本語です\n\nend");
  buffer.go_line_end();
  buffer.go_up();
  EXPECT_EQ(shown(buffer), "first|\n日本語です\n\nend");
  EXPECT_TRUE(buffer.in_first_line());
  buffer.go_left();
  buffer.go_down();
  EXPECT_EQ(shown(buffer), "first\n日本語で|す\n\nend");
  buffer.erase_line_left();
  EXPECT_EQ(shown(buffer), "first\n|す\n\nend") << "of that line alone";
}

TEST(EditBuffer, AnEmptyFirstLineIsALine) {
  EditBuffer buffer = with("\nb\nc");
  buffer.go_up();
  buffer.go_up();
  EXPECT_EQ(shown(buffer), "|\nb\nc");
}

}  // namespace
}  // namespace tenfold::cli
