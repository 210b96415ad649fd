#include "base/control_chars.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

TEST(ControlChars, WhatATerminalObeysIsShown) {
  EXPECT_EQ(show_controls("\x1b]0;title\x07\x1b[2J\r\x7f"), "\\x1b]0;title\\x07\\x1b[2J\\x0d\\x7f");
  EXPECT_EQ(show_controls(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(show_controls("\xc2\x80 \xc2\x9b 31m \xc2\x9f"), "\\u0080 \\u009b 31m \\u009f");
}

TEST(ControlChars, WhatTurnsTextAroundIsShown) {
  EXPECT_EQ(show_controls("\u202aa\u202bb\u202cc\u202dd\u202ee"), "\\u202aa\\u202bb\\u202cc\\u202dd\\u202ee");
  EXPECT_EQ(show_controls("\u2066\u2067\u2068\u2069"), "\\u2066\\u2067\\u2068\\u2069");
  EXPECT_EQ(show_controls("\u200e\u200f\u061c"), "\\u200e\\u200f\\u061c");
}

TEST(ControlChars, TextStaysAsItIs) {
  const std::string text = "a\tb\n é 日本 \u00a0 עברית العربية क्षि 👩\u200d👧 \u2010";
  EXPECT_EQ(show_controls(text), text);
}

TEST(ControlChars, BrokenBytesAreShown) {
  EXPECT_EQ(show_controls("\x9b[2J \xe2\x80 \xff"), "\\x9b[2J \\xe2\\x80 \\xff");
}

TEST(ControlChars, PiecesGiveWhatTheWholeGives) {
  const std::string text = "\x1b[31m é \xc2\x9b\u202e z";
  std::string pieces;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = decode_utf8(text, at).n_bytes;
    pieces += show_controls(std::string_view(text).substr(at, n));
    at += n;
  }
  EXPECT_EQ(pieces, show_controls(text));
}

}  // namespace
}  // namespace tenfold
