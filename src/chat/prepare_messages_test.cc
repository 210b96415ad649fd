#include "chat/prepare_messages.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

TEST(PrepareMessages, DropsNullAndOffersReasoningUnderBothNames) {
  const Json prepared = prepare_messages(
      parse_json(
          R"([{"role": "assistant", "content": null, "reasoning": "r", "x": 1}, {"role": "user", "content": "c"}, "odd"])")
          .value());
  EXPECT_EQ(prepared.dump(), R"([{"thinking":"r","role":"assistant","reasoning":"r","x":1,"reasoning_content":"r"},)"
                             R"({"role":"user","content":"c"},"odd"])");
}

TEST(PrepareMessages, KeepsAThinkingFieldThatIsThere) {
  const Json prepared =
      prepare_messages(parse_json(R"([{"thinking": "mine", "reasoning_content": "other", "content": ""}])").value());
  EXPECT_EQ(prepared.dump(), R"([{"thinking":"mine","reasoning_content":"other","content":""}])");
}

}  // namespace
}  // namespace tenfold
