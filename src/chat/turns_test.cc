#include "chat/turns.h"

#include <gtest/gtest.h>

#include <string>

#include "chat/message_json.h"

namespace tenfold {
namespace {

std::string roles_of(std::span<const Message> messages) {
  std::string roles;
  for (const Message& message : messages) roles += message.role.substr(0, 1);
  return roles;
}

std::vector<Message> with_tools() {
  const ToolCall call{"call00000", "weather", R"({"city": "Oslo"})"};
  Message calling("assistant", "");
  calling.parts.clear();
  calling.tool_calls = {call};
  return {{"system", "brief"},   {"user", "one"}, calling,          tool_result(call, "rain"),
          {"assistant", "rain"}, {"user", "two"}, {"system", "be"}, {"user", "three"}};
}

TEST(Turns, AQuestionGoesWithAllThatAnswersIt) {
  const std::vector<Message> messages = with_tools();
  EXPECT_EQ(n_past_turns(messages), 2u);
  EXPECT_EQ(roles_of(without_turns(messages, 0)), "suatausu");
  EXPECT_EQ(roles_of(without_turns(messages, 1)), "susu");
  EXPECT_EQ(roles_of(without_turns(messages, 2)), "ssu") << "system messages stay";
  EXPECT_EQ(n_past_turns({}), 0u);
  EXPECT_EQ(n_past_turns(std::span(messages).first(1)), 0u);
}

TEST(Turns, WhatIsKeptStays) {
  std::vector<Message> messages = with_tools();
  messages[1].keep = messages[4].keep = Keep::kAlways;
  EXPECT_EQ(roles_of(without_turns(messages, 2)), "suasu");
  EXPECT_EQ(roles_of(kept_messages(messages)), "suas");
}

TEST(MessageJson, IsWhatTemplatesRead) {
  EXPECT_EQ(to_json(with_tools()).dump(),
            R"([{"role":"system","content":"brief"},{"role":"user","content":"one"},)"
            R"({"role":"assistant","content":null,"tool_calls":[{"id":"call00000","type":"function",)"
            R"("function":{"name":"weather","arguments":{"city":"Oslo"}}}]},)"
            R"({"role":"tool","content":"rain","tool_call_id":"call00000","name":"weather"},)"
            R"({"role":"assistant","content":"rain"},{"role":"user","content":"two"},)"
            R"({"role":"system","content":"be"},{"role":"user","content":"three"}])");
}

TEST(MessageJson, KeepsTheOrderOfParts) {
  const auto image = std::make_shared<const EncodedImage>();
  Message message("user", "and", {image});
  message.parts.push_back({"", image});
  message.parts.push_back({"differ how?", nullptr});
  EXPECT_EQ(to_json({&message, 1}).dump(),
            R"([{"role":"user","content":[{"type":"image"},{"type":"text","text":"and"},{"type":"image"},)"
            R"({"type":"text","text":"differ how?"}]}])");
  EXPECT_EQ(images_of({&message, 1}).size(), 2u);
  EXPECT_EQ(message.text(), "anddiffer how?");
  const Message silent("user", "", {image});
  EXPECT_EQ(to_json({&silent, 1}).dump(), R"([{"role":"user","content":[{"type":"image"}]}])");
  const Message broken("user", "\xff");
  EXPECT_EQ(to_json({&broken, 1}).dump(), "[{\"role\":\"user\",\"content\":\"\xef\xbf\xbd\"}]");
}

}  // namespace
}  // namespace tenfold
