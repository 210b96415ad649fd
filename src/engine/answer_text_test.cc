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

TEST(AnswerText, AStopIsNotFoundInsideATokenThatIsNotShown) {
  AnswerText answer({"|", "start", "<|im_start|", "|>x"});
  EXPECT_EQ(answer.append("a"), "a");
  EXPECT_EQ(answer.append_unshown("<|im_start|>"), "");
  EXPECT_EQ(answer.append_unshown("<|im_start|>"), "");
  EXPECT_EQ(answer.append("x"), "x");
  EXPECT_FALSE(answer.stopped());
  EXPECT_EQ(answer.append("y|z"), "y");
  EXPECT_TRUE(answer.stopped());

  AnswerText whole({"|", "<a>|"});
  EXPECT_EQ(whole.append_unshown("<a>"), "");
  EXPECT_EQ(whole.append_unshown("|"), "");
  EXPECT_TRUE(whole.stopped());
}

TEST(AnswerText, AStopMayBeSpelledLikeTokensThatAreNotShown) {
  AnswerText one({"<end>"});
  EXPECT_EQ(one.append("a"), "a");
  EXPECT_EQ(one.append_unshown("<other>"), "");
  EXPECT_EQ(one.append_unshown("<end>"), "");
  EXPECT_TRUE(one.stopped());

  AnswerText several({"x<a><b>user"});
  EXPECT_EQ(several.append("text x"), "text ");
  EXPECT_EQ(several.append_unshown("<a>"), "");
  EXPECT_EQ(several.append_unshown("<c>"), "") << "what is shown may still spell the stop by itself";
  EXPECT_EQ(several.append("yx"), "xy") << "it was none after all";
  EXPECT_EQ(several.append_unshown("<a>"), "");
  EXPECT_EQ(several.append_unshown("<b>"), "");
  EXPECT_EQ(several.append("use"), "");
  EXPECT_FALSE(several.stopped());
  EXPECT_EQ(several.append("rs"), "");
  EXPECT_TRUE(several.stopped());
  EXPECT_EQ(several.finish(), "");
}

TEST(AnswerText, WhatIsNotShownDoesNotHideAStop) {
  AnswerText answer({"END"});
  EXPECT_EQ(answer.append("one E"), "one ");
  EXPECT_EQ(answer.append_unshown("<a>"), "");
  EXPECT_EQ(answer.append("ND"), "");
  EXPECT_TRUE(answer.stopped());
}

TEST(AnswerText, FinishGivesWhatWaitedForATokenThatIsNotShown) {
  AnswerText answer({"x<a>"});
  EXPECT_EQ(answer.append("ax"), "a");
  EXPECT_EQ(answer.finish(), "x");
}

TEST(AnswerText, EmptyStopsAreNoStops) {
  AnswerText answer({""});
  EXPECT_EQ(answer.append("x"), "x");
  EXPECT_FALSE(answer.stopped());
}

}  // namespace
}  // namespace tenfold
