#include "screen_layout.h"

#include <gtest/gtest.h>

namespace tenfold::cli {
namespace {

using Rows = std::vector<std::string>;

ScreenLayout lay_out_at_end(std::string_view text, const ScreenSize& size = {}) {
  return lay_out("> ", text, text.size(), size);
}

TEST(ScreenLayout, OneRow) {
  const ScreenLayout layout = lay_out_at_end("日本 e\u0301");
  EXPECT_EQ(layout.rows, Rows{"> 日本 e\u0301"});
  EXPECT_EQ(layout.cursor_column, 2 + 4 + 1 + 1);
  EXPECT_EQ(lay_out("> ", "日本", 3, {}).cursor_column, 4);
  EXPECT_EQ(lay_out_at_end("").rows, Rows{"> "});
}

TEST(ScreenLayout, LinesBeginWithAPromptOfTheirOwn) {
  const ScreenLayout layout = lay_out("> ", "one\ntwo\n", 4, {});
  EXPECT_EQ(layout.rows, (Rows{"> one", "… two", "… "}));
  EXPECT_EQ(layout.cursor_row, 1u);
  EXPECT_EQ(layout.cursor_column, 2);
}

TEST(ScreenLayout, RowsAreBrokenByANarrowerScreen) {
  const ScreenLayout layout = lay_out("> ", "0123456789\n日本\n\nx", 20, {});
  EXPECT_EQ(layout.cursor_row, 3u);
  EXPECT_EQ(rows_above_cursor(layout, 80), 3u);
  EXPECT_EQ(rows_above_cursor(layout, 12), 3u);
  EXPECT_EQ(rows_above_cursor(layout, 11), 4u);
  EXPECT_EQ(rows_above_cursor(layout, 4), 3u + 2u + 1u);
  EXPECT_EQ(rows_above_cursor(layout, 2), 6u + 3u + 1u + 1u);
  EXPECT_EQ(rows_above_cursor(lay_out_at_end(std::string(20, 'a'), {40, 10}), 10), 2u);
}

TEST(ScreenLayout, LongLinesGoOnBelow) {
  // The last of ten columns stays empty.
  EXPECT_EQ(lay_out_at_end("abcdefg", {10, 24}).rows, Rows{"> abcdefg"});
  const ScreenLayout layout = lay_out_at_end("abcdefgh", {10, 24});
  EXPECT_EQ(layout.rows, (Rows{"> abcdefg", "h"}));
  EXPECT_EQ(layout.cursor_row, 1u);
  EXPECT_EQ(layout.cursor_column, 1);
  EXPECT_EQ(lay_out_at_end("abcdef日x", {10, 24}).rows, (Rows{"> abcdef", "日x"})) << "no half of a wide one";
  EXPECT_EQ(lay_out_at_end("abcdefe\u0301", {10, 24}).rows, Rows{"> abcdefe\u0301"}) << "marks take no room";
}

TEST(ScreenLayout, ControlsAreShown) {
  EXPECT_EQ(lay_out_at_end("\x1b[2J\u009b\u202e\xff").rows, Rows{"> \\x1b[2J\\u009b\\u202e\\xff"});
  EXPECT_EQ(lay_out_at_end("a\tb").rows, Rows{"> a     b"});
}

TEST(ScreenLayout, RowsAroundTheCursorAreSeen) {
  const std::string text = "0\n1\n2\n3\n4\n5\n6\n7";
  EXPECT_EQ(lay_out("> ", text, 0, {80, 3}).rows, (Rows{"> 0", "… 1", "… 2"}));
  const ScreenLayout middle = lay_out("> ", text, 8, {80, 3});
  EXPECT_EQ(middle.rows, (Rows{"… 3", "… 4", "… 5"}));
  EXPECT_EQ(middle.cursor_row, 1u);
  const ScreenLayout end = lay_out("> ", text, text.size(), {80, 3});
  EXPECT_EQ(end.rows, (Rows{"… 5", "… 6", "… 7"}));
  EXPECT_EQ(end.cursor_row, 2u);
}

TEST(ScreenLayout, ATinyScreenIsNoTrouble) {
  for (const ScreenSize size : {ScreenSize{0, 0}, ScreenSize{1, 1}, ScreenSize{2, 2}}) {
    const ScreenLayout layout = lay_out_at_end("日本\n語", size);
    EXPECT_LE(layout.rows.size(), 2u);
    EXPECT_LT(layout.cursor_row, layout.rows.size());
  }
}

}  // namespace
}  // namespace tenfold::cli
