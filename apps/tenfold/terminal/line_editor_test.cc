#include "line_editor.h"

#include <gtest/gtest.h>

#include <deque>

namespace tenfold::cli {
namespace {

// A terminal whose person types what is queued: one read each, "" is Ctrl-C, the end of the queue the end of input.
class LineEditorTest : public testing::Test {
 protected:
  Edited type(std::deque<std::string> reads) {
    reads_ = std::move(reads);
    message_.clear();
    return editor_.read(message_);
  }
  // The message that these keys make.
  std::string message(const std::string& keys) {
    const Edited edited = type({keys});
    return edited == Edited::kMessage ? message_ : "no message";
  }

  Typed read(std::string& bytes) {
    if (reads_.empty()) return Typed::kEnd;
    const std::string next = reads_.front();
    reads_.pop_front();
    if (next == kNarrower) {
      size_.columns = 20;
      return Typed::kResized;
    }
    bytes += next;
    return next.empty() ? Typed::kInterrupted : Typed::kBytes;
  }

  static constexpr const char* kNarrower = "the screen gets narrower";

  std::deque<std::string> reads_;
  ScreenSize size_{40, 10};
  std::string screen_;
  std::string message_;
  MessageHistory history_{""};
  LineEditor editor_{{[this](std::string& bytes) { return read(bytes); },
                      [this](std::string_view bytes) { screen_ += bytes; }, [this] { return size_; }},
                     history_,
                     [](std::string_view text) { return Completion{text == "/re" ? "set" : "", {}}; },
                     {1000, "too much"}};
};

TEST_F(LineEditorTest, WhatIsTypedIsShownAsItComes) {
  EXPECT_EQ(message("water\r"), "water");
  EXPECT_NE(screen_.find("water\n"), std::string::npos) << screen_;
}

TEST_F(LineEditorTest, Edits) {
  EXPECT_EQ(message("wter\x1b[D\x1b[D\x1b[D"
                    "a\r"),
            "water");
  EXPECT_EQ(message("日本\x7f\r"), "日");
  EXPECT_EQ(message("abc\x01\x1b[3~\r"), "bc");
  EXPECT_EQ(message("one two\x17three\r"), "one three");
  EXPECT_EQ(message("/re\t\r"), "/reset");
}

TEST_F(LineEditorTest, LinesGoOnBehindABackslash) {
  EXPECT_EQ(message("one\\\rtwo\r"), "one\ntwo");
  EXPECT_EQ(message("one\x1b\rtwo\r"), "one\ntwo");
  EXPECT_NE(screen_.find("… two"), std::string::npos) << screen_;
}

TEST_F(LineEditorTest, APasteIsOneMessage) {
  EXPECT_EQ(message("\x1b[200~one\rtwo\rthree\r\x1b[201~\r"), "one\ntwo\nthree");
  EXPECT_EQ(type({"\x1b[20", "0~on", "e\r\xe6", "\x97\xa5\x1b[2", "01~\r"}), Edited::kMessage);
  EXPECT_EQ(message_, "one\n日");
}

TEST_F(LineEditorTest, WhatIsPastedCannotDriveTheTerminal) {
  EXPECT_EQ(message("\x1b[200~\x1b]0;title\x07\u202e\x1b[201~\r"), "\x1b]0;title\x07\u202e");
  EXPECT_EQ(screen_.find("\x1b]"), std::string::npos);
  EXPECT_EQ(screen_.find('\x07'), std::string::npos);
  EXPECT_EQ(screen_.find("\u202e"), std::string::npos);
}

TEST_F(LineEditorTest, TooMuchIsLeftOut) {
  EXPECT_EQ(message("a\x1b[200~" + std::string(2000, 'x') + "\x1b[201~b\r"), "ab");
  EXPECT_NE(screen_.find("too much"), std::string::npos) << screen_;
}

TEST_F(LineEditorTest, HistoryComesBack) {
  message("first\r");
  message("second\\\rline\r");
  EXPECT_EQ(message("\x1b[A\r"), "second\nline");
  EXPECT_EQ(message("\x1b[A\x1b[A\x1b[A\r"), "first") << "the second up goes to the first line";
  EXPECT_EQ(message("draft\x1b[A\x1b[B\r"), "draft");
  EXPECT_EQ(message("\x1b[A\x1b[A!\r"), "first!");
}

TEST_F(LineEditorTest, ANarrowerScreenIsDrawnFromTheFirstRowOn) {
  EXPECT_EQ(type({std::string(60, 'a'), kNarrower, "b\r"}), Edited::kMessage);
  // 60 characters and the prompt were rows of 39 and 23; on 20 columns they are two each, the cursor in the last.
  EXPECT_NE(screen_.find("\r\x1b[3A\x1b[J> aaaaaaaaaaaaaaaaa\x1b[K\n"), std::string::npos) << screen_;
}

TEST_F(LineEditorTest, Endings) {
  EXPECT_EQ(type({"\x04"}), Edited::kEnd);
  EXPECT_EQ(type({"ab\x01\x04\r"}), Edited::kMessage);
  EXPECT_EQ(message_, "b") << "Ctrl-D in a text takes a character away";
  EXPECT_EQ(type({""}), Edited::kInterrupted);
  EXPECT_EQ(type({"half", ""}), Edited::kCleared);
  EXPECT_EQ(type({}), Edited::kEnd);
}

TEST_F(LineEditorTest, ACtrlCEndsAPasteThatNeverEnds) {
  EXPECT_EQ(type({"a\x1b[200~lost", ""}), Edited::kCleared);
  EXPECT_EQ(message("next\r"), "next");
}

TEST_F(LineEditorTest, WhatIsTypedAheadIsTheNextMessage) {
  EXPECT_EQ(message("one\rtwo\rth"), "one");
  EXPECT_EQ(type({}), Edited::kMessage);
  EXPECT_EQ(message_, "two");
  EXPECT_EQ(type({"ree\r"}), Edited::kMessage);
  EXPECT_EQ(message_, "three");
}

}  // namespace
}  // namespace tenfold::cli
