#include "tenfold/conversation.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>

#include "engine/requests_testing.h"
#include "model_file/temp_folder_testing.h"

namespace tenfold {
namespace {

std::unique_ptr<Conversation> open_conversation(const std::shared_ptr<Engine>& engine,
                                                ConversationOptions options = {}) {
  auto conversation = Conversation::create(engine, std::move(options));
  EXPECT_TRUE(conversation.ok()) << conversation.status().to_string();
  return std::move(conversation).value();
}

SendOptions sends(int max_tokens) {
  SendOptions options;
  options.generate = greedy(max_tokens);
  return options;
}

std::string roles_of(const Conversation& conversation) {
  std::string roles;
  for (const Message& message : conversation.messages()) roles += message.role.substr(0, 1);
  return roles;
}

TEST(Conversation, AnswersAreThoseOfASession) {
  const auto engine = open_tiny();
  const auto conversation = open_conversation(engine, {.system = "Be brief."});
  std::string streamed;
  SendOptions options = sends(8);
  options.on_piece = [&](const ReplyPiece& piece) {
    streamed += piece.text;
    return true;
  };
  const auto first = conversation->send({"user", "the water"}, options);
  ASSERT_TRUE(first.ok()) << first.status().to_string();
  EXPECT_EQ(first->reply.text, streamed);
  EXPECT_EQ(first->reply.text, first->result.text) << "a template without calls and thoughts changes nothing";
  EXPECT_EQ(roles_of(*conversation), "sua");
  const auto second = conversation->send({"user", "the mill"}, options);
  ASSERT_TRUE(second.ok()) << second.status().to_string();

  const Message messages[] = {
      {"system", "Be brief."}, {"user", "the water"}, {"assistant", first->reply.text}, {"user", "the mill"}};
  const auto session = engine->create_session();
  const auto rendered = engine->render_chat(messages, {});
  const auto prompt = engine->tokenize(*rendered, nullptr);
  const auto expected = (*session)->generate(*prompt, greedy(8), nullptr);
  EXPECT_EQ(second->result.tokens, expected->tokens);
  EXPECT_EQ(second->result.prompt_tokens, *prompt);
  EXPECT_GT(second->result.n_reused, 0) << "what was read is not read again";
}

TEST(Conversation, FiftyTurnsInAShortContext) {
  EngineOptions options;
  options.n_ctx = 256;
  const auto engine = open_tiny(options);
  const auto conversation = open_conversation(engine, {.system = "Be brief."});
  int n_times_dropped = 0;
  for (int turn = 0; turn < 50; ++turn) {
    const std::size_t n_before = conversation->messages().size();
    const auto answer = conversation->send({"user", "where is the water of turn " + std::to_string(turn)}, sends(6));
    ASSERT_TRUE(answer.ok()) << turn << ": " << answer.status().to_string();
    EXPECT_EQ(answer->result.tokens.size(), 6u) << turn;
    EXPECT_EQ(conversation->messages().size() + static_cast<std::size_t>(answer->n_dropped), n_before + 2);
    EXPECT_EQ(conversation->messages().front().role, "system");
    n_times_dropped += answer->n_dropped > 0 ? 1 : 0;
  }
  EXPECT_GT(n_times_dropped, 1);
  EXPECT_LT(n_times_dropped, 20) << "turns go in big steps";
}

TEST(Conversation, KeepsWhatIsToBeKept) {
  EngineOptions options;
  options.n_ctx = 256;
  const auto engine = open_tiny(options);
  const auto conversation = open_conversation(engine);
  Message pinned("user", "the name of the mill is Ada");
  pinned.keep = Keep::kAlways;
  ASSERT_TRUE(conversation->send(pinned, sends(4)).ok());
  for (int turn = 0; turn < 30; ++turn) {
    ASSERT_TRUE(conversation->send({"user", "where is the water"}, sends(6)).ok());
  }
  EXPECT_EQ(conversation->messages().front().text(), pinned.text());
  EXPECT_LT(conversation->messages().size(), 40u);
  ASSERT_TRUE(conversation->reset().ok());
  EXPECT_EQ(roles_of(*conversation), "u");
}

TEST(Conversation, RefusesWhatHasNoRoom) {
  EngineOptions options;
  options.n_ctx = 256;
  const auto engine = open_tiny(options);
  const auto conversation = open_conversation(engine, {.when_full = WhenFull::kRefuse});
  Status refusal;
  int turn = 0;
  for (; turn < 50 && refusal.ok(); ++turn) {
    refusal = conversation->send({"user", "where is the water"}, sends(6)).status();
  }
  EXPECT_EQ(refusal.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(conversation->messages().size(), 2u * static_cast<std::size_t>(turn - 1)) << "as it was";
  ASSERT_TRUE(conversation->reset().ok());
  EXPECT_TRUE(conversation->send({"user", "where is the water"}, sends(6)).ok());

  const auto dropping = open_conversation(engine);
  ASSERT_TRUE(dropping->send({"user", "hi"}, sends(2)).ok());
  std::string long_text;
  for (int i = 0; i < 400; ++i) long_text += "the mill ";
  EXPECT_EQ(dropping->send({"user", long_text}, sends(2)).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(roles_of(*dropping), "ua") << "nothing was dropped for a message that has no room at all";
}

TEST(Conversation, AStopIsNeverLost) {
  const auto engine = open_tiny();
  const auto conversation = open_conversation(engine);
  Cancel before;
  before.request();
  SendOptions options = sends(100);
  options.generate.cancel = &before;
  const auto nothing = conversation->send({"user", "the water"}, options);
  ASSERT_TRUE(nothing.ok()) << nothing.status().to_string();
  EXPECT_EQ(nothing->result.finish_reason, FinishReason::kCancelled);
  EXPECT_TRUE(conversation->messages().empty()) << "nothing was said";

  Cancel meanwhile;
  options.generate.cancel = &meanwhile;
  int n_pieces = 0;
  options.on_piece = [&](const ReplyPiece&) {
    if (++n_pieces == 3) meanwhile.request();
    return true;
  };
  const auto part = conversation->send({"user", "the water"}, options);
  ASSERT_TRUE(part.ok()) << part.status().to_string();
  EXPECT_EQ(part->result.finish_reason, FinishReason::kCancelled);
  EXPECT_LT(part->result.tokens.size(), 100u);
  EXPECT_EQ(roles_of(*conversation), "ua") << "what was said stays";
  EXPECT_EQ(conversation->messages().back().text(), part->reply.text);

  // At any moment: before the run, while it reads, or between tokens, of which the last waits for it.
  for (int i = 0; i < 50; ++i) {
    Cancel racing;
    options.generate.cancel = &racing;
    n_pieces = 0;
    options.on_piece = [&](const ReplyPiece&) {
      while (++n_pieces > 50 && !racing.requested()) std::this_thread::yield();
      return true;
    };
    std::thread other([&] { racing.request(); });
    const auto raced = conversation->send({"user", "the water"}, options);
    other.join();
    ASSERT_TRUE(raced.ok()) << raced.status().to_string();
    ASSERT_EQ(raced->result.finish_reason, FinishReason::kCancelled) << i;
  }
}

TEST(Conversation, OnlyReadsWithoutTokensToMake) {
  const auto engine = open_tiny();
  const auto conversation = open_conversation(engine);
  const auto read = conversation->send({"user", "the water and the mill"}, sends(0));
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  EXPECT_TRUE(conversation->messages().empty()) << "no empty answer is added";
  const auto answer = conversation->send({"user", "the water and the mill"}, sends(4));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->result.n_reused, static_cast<int>(answer->result.prompt_tokens.size()) - 1);
  EXPECT_EQ(roles_of(*conversation), "ua");
}

TEST(Conversation, GoesOnFromWhatWasSaidBefore) {
  const auto engine = open_tiny();
  const auto conversation = open_conversation(engine, {.system = "Be brief."});
  ASSERT_TRUE(conversation->send({"user", "the water"}, sends(4)).ok());
  const auto said = conversation->messages();
  const auto again = open_conversation(engine, {.before = {said.begin(), said.end()}});
  const auto expected = conversation->send({"user", "the mill"}, sends(4));
  const auto answer = again->send({"user", "the mill"}, sends(4));
  ASSERT_TRUE(answer.ok()) << answer.status().to_string();
  EXPECT_EQ(answer->result.tokens, expected->result.tokens);
}

TEST(Conversation, GoesOnAfterARestart) {
  const TempFolder folder;
  const std::string path = folder.path("saved");
  Message pinned("user", "the name of the mill is Ada");
  pinned.keep = Keep::kAlways;
  std::vector<TokenId> expected;
  {
    const auto conversation = open_conversation(open_tiny(), {.system = "Be brief."});
    ASSERT_TRUE(conversation->send(pinned, sends(6)).ok());
    ASSERT_TRUE(conversation->save(path).ok());
    expected = conversation->send({"user", "the water"}, sends(6))->result.tokens;
  }
  const auto restored = open_conversation(open_tiny());
  ASSERT_TRUE(restored->send({"user", "something else"}, sends(2)).ok());
  const Status status = restored->restore(path);
  ASSERT_TRUE(status.ok()) << status.to_string();
  EXPECT_EQ(roles_of(*restored), "sua");
  EXPECT_EQ(restored->messages()[1].keep, Keep::kAlways);
  const auto answer = restored->send({"user", "the water"}, sends(6));
  ASSERT_TRUE(answer.ok()) << answer.status().to_string();
  EXPECT_EQ(answer->result.tokens, expected);
  // All but the new message, and the end of the answer, which the template writes.
  EXPECT_GT(answer->result.n_reused, static_cast<int>(answer->result.prompt_tokens.size()) - 40);
  EXPECT_EQ(restored->restore(folder.path("none")).code(), StatusCode::kNotFound);
  EXPECT_EQ(roles_of(*restored), "suaua");
}

// It is a saved session all right, but of no conversation.
TEST(Conversation, ARefusedRestoreLeavesWhatWasRead) {
  const TempFolder folder;
  const auto engine = open_tiny();
  const std::string path = folder.path("saved");
  {
    const auto session = std::move(engine->create_session()).value();
    ASSERT_TRUE(session->append(some_tokens(60)).ok());
    ASSERT_TRUE(session->save(path, "shopping").ok());
  }
  const auto conversation = open_conversation(engine), other = open_conversation(engine);
  for (const auto& each : {conversation.get(), other.get()}) {
    ASSERT_TRUE(each->send({"user", "the water"}, sends(6)).ok());
  }
  const Status refused = conversation->restore(path);
  EXPECT_EQ(refused.code(), StatusCode::kCorruptData);
  EXPECT_EQ(refused.message(), "saved: saved conversation: expected messages of version 1, found shopping");
  EXPECT_EQ(roles_of(*conversation), "ua");
  const auto answer = conversation->send({"user", "the mill"}, sends(6));
  const auto expected = other->send({"user", "the mill"}, sends(6));
  ASSERT_TRUE(answer.ok()) << answer.status().to_string();
  EXPECT_EQ(answer->result.tokens, expected->result.tokens);
  EXPECT_EQ(answer->result.n_reused, expected->result.n_reused);
}

TEST(Conversation, ThatHasImagesWhichWereNotReadIsNotSaved) {
  const auto engine = open_tiny();
  Message seen("user", "what is it?");
  seen.parts.push_back({{}, std::make_shared<EncodedImage>()});
  const auto conversation = open_conversation(engine, {.before = {seen}});
  const Status status = conversation->save(TempFolder().path("saved"));
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("found one that no answer was made about"), std::string_view::npos);
}

TEST(Conversation, OneCallAtATime) {
  const auto engine = open_tiny();
  const auto conversation = open_conversation(engine);
  SendOptions options = sends(4);
  Status inner_send, inner_reset;
  options.on_piece = [&](const ReplyPiece&) {
    inner_send = conversation->send({"user", "hi"}, {}).status();
    inner_reset = conversation->reset();
    return true;
  };
  ASSERT_TRUE(conversation->send({"user", "the water"}, options).ok());
  EXPECT_EQ(inner_send.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(inner_reset.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(conversation->send_all({}, {}).status().code(), StatusCode::kInvalidArgument);
}

TEST(Conversation, ToolsAreAnArray) {
  const auto engine = open_tiny();
  EXPECT_EQ(Conversation::create(engine, {.tools_json = "{}"}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Conversation::create(engine, {.tools_json = "[{"}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(Conversation::create(engine, {.tools_json = "[]"}).ok());
}

}  // namespace
}  // namespace tenfold
