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
  EXPECT_EQ(to_json(with_tools())->dump(),
            R"([{"role":"system","content":"brief"},{"role":"user","content":"one"},)"
            R"({"role":"assistant","content":null,"tool_calls":[{"id":"call00000","type":"function",)"
            R"("function":{"name":"weather","arguments":{"city":"Oslo"}}}]},)"
            R"({"role":"tool","content":"rain","tool_call_id":"call00000","name":"weather"},)"
            R"({"role":"assistant","content":"rain"},{"role":"user","content":"two"},)"
            R"({"role":"system","content":"be"},{"role":"user","content":"three"}])");
}

TEST(MessageJson, ArgumentsOfCallsAreObjects) {
  std::vector<Message> messages = with_tools();
  for (const char* bad : {" ", "[1]", "7", "null", "\"{}\"", "{\"x\": ", "{} {}"}) {
    messages[2].tool_calls[0].arguments_json = bad;
    const Status status = to_json(messages).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << bad;
    EXPECT_EQ(status.message(),
              std::string("messages: arguments of a call of weather: expected a JSON object, found ") + bad);
  }
  messages[2].tool_calls[0].arguments_json = "";
  const auto json = to_json(messages);
  ASSERT_TRUE(json.ok()) << json.status().to_string();
  EXPECT_NE(json->dump().find(R"("arguments":{})"), std::string::npos);
  const auto restored = restore_messages(save_messages(messages), {});
  ASSERT_TRUE(restored.ok()) << restored.status().to_string();
  EXPECT_EQ((*restored)[2].tool_calls[0].arguments_json, "{}");
}

TEST(MessageJson, KeepsTheOrderOfParts) {
  const auto image = std::make_shared<const EncodedImage>();
  Message message("user", "and", {image});
  message.parts.push_back({"", image});
  message.parts.push_back({"differ how?", nullptr});
  EXPECT_EQ(to_json({&message, 1})->dump(),
            R"([{"role":"user","content":[{"type":"image"},{"type":"text","text":"and"},{"type":"image"},)"
            R"({"type":"text","text":"differ how?"}]}])");
  EXPECT_EQ(images_of({&message, 1}).size(), 2u);
  EXPECT_EQ(message.text(), "anddiffer how?");
  const Message silent("user", "", {image});
  EXPECT_EQ(to_json({&silent, 1})->dump(), R"([{"role":"user","content":[{"type":"image"}]}])");
  const Message broken("user", "\xff");
  EXPECT_EQ(to_json({&broken, 1})->dump(), "[{\"role\":\"user\",\"content\":\"\xef\xbf\xbd\"}]");
}

TEST(SavedMessages, ComeBackWhole) {
  auto image = std::make_shared<EncodedImage>();
  image->content_hash = {~std::uint64_t{0}, 7};
  std::vector<Message> messages = with_tools();
  messages[0].keep = Keep::kAlways;
  messages[1].parts.push_back({"", image});
  messages[4].thinking = "rain?";
  const std::string saved = save_messages(messages);
  const ImageRef images[] = {std::make_shared<const EncodedImage>(), image};
  const auto restored = restore_messages(saved, images);
  ASSERT_TRUE(restored.ok()) << restored.status().to_string();
  EXPECT_EQ(to_json(*restored).value(), to_json(messages).value());
  EXPECT_EQ((*restored)[0].keep, Keep::kAlways);
  EXPECT_EQ((*restored)[1].parts[1].image, image);
  EXPECT_EQ((*restored)[2].tool_calls[0].arguments_json, messages[2].tool_calls[0].arguments_json);
  EXPECT_EQ(restore_messages(saved, {}).status().code(), StatusCode::kCorruptData) << "the image is missing";
  for (std::string_view bad :
       {"", "[]", "{}", R"({"version": 2, "messages": []})", R"({"version": 1, "messages": [1]})",
        R"({"version": 1, "messages": [{"role": 1, "parts": []}]})"}) {
    EXPECT_EQ(restore_messages(bad, images).status().code(), StatusCode::kCorruptData) << bad;
  }
}

TEST(SavedMessages, OfOtherTypesAreRefused) {
  std::vector<Message> messages = with_tools();
  messages.resize(3);
  const std::string saved = save_messages(messages);
  ASSERT_TRUE(restore_messages(saved, {}).ok());
  const std::pair<std::string, std::string> changes[] = {
      {R"("role":"system")", R"("role":7)"},
      {R"("role":"system",)", ""},
      {R"({"text":"brief"})", R"({"text":{"text":"brief"}})"},
      {R"({"text":"brief"})", "\"brief\""},
      {R"({"text":"brief"})", "{}"},
      {R"({"text":"brief"})", R"({"image":7})"},
      {R"("parts":[])", R"("parts":{})"},
      {R"("thinking":"")", R"("thinking":["why"])"},
      {R"("tool_calls":[])", R"("tool_calls":"none")"},
      {R"("id":"call00000")", R"("id":0)"},
      {R"("name":"weather")", R"("name":null)"},
      {R"("arguments":"{)", R"("arguments":7,"other":"{)"},
      {R"("tool_call_id":"")", R"("tool_call_id":false)"},
      {R"("name":"")", R"("name":{})"},
      {R"("keep":false)", R"("keep":"no")"},
  };
  for (const auto& [was, becomes] : changes) {
    std::string changed = saved;
    ASSERT_NE(changed.find(was), std::string::npos) << was;
    changed.replace(changed.find(was), was.size(), becomes);
    const Status status = restore_messages(changed, {}).status();
    EXPECT_EQ(status.code(), StatusCode::kCorruptData) << becomes;
    EXPECT_NE(status.message().find("saved conversation: expected "), std::string::npos) << status.to_string();
    EXPECT_NE(status.message().find(", found "), std::string::npos) << status.to_string();
  }
}

}  // namespace
}  // namespace tenfold
