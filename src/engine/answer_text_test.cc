#include "engine/answer_text.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

TEST(AnswerText, PassesTextThroughWithoutStops) {
  AnswerText answer({});
  EXPECT_EQ(answer.append("abc"), "abc");
  EXPECT_EQ(answer.finish(), "");
}

TEST(AnswerText, HoldsBackTheBeginningOfAStop) {
  AnswerText answer({"END", "\n\n"});
  EXPECT_EQ(answer.append("one E"), "one ");
  EXPECT_EQ(answer.append("x\n"), "Ex");
  EXPECT_EQ(answer.append("y"), "\ny");
  EXPECT_EQ(answer.append("EN"), "");
  EXPECT_EQ(answer.append("D of it"), "");
  EXPECT_TRUE(answer.stopped());
  EXPECT_EQ(answer.append("more"), "");
  EXPECT_EQ(answer.finish(), "");
}

TEST(AnswerText, TheEarliestStopWins) {
  AnswerText answer({"world", "lo"});
  EXPECT_EQ(answer.append("hello world"), "hel");
}

TEST(AnswerText, FinishGivesWhatWasHeldBack) {
  AnswerText answer({"STOP"});
  EXPECT_EQ(answer.append("text ST"), "text ");
  EXPECT_EQ(answer.finish(), "ST");
}

TEST(AnswerText, FindsAStopThatOverlapsItself) {
  AnswerText answer({"aab"});
  std::string shown;
  for (const char c : std::string("aaab tail")) shown += answer.append(std::string(1, c));
  EXPECT_EQ(shown, "a");
  EXPECT_TRUE(answer.stopped());
}

TEST(AnswerText, EmptyStopsAreNoStops) {
  AnswerText answer({""});
  EXPECT_EQ(answer.append("x"), "x");
  EXPECT_FALSE(answer.stopped());
}

}  // namespace
}  // namespace tenfold
