#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "c_api/handles.h"
#include "c_api/owned_handles_testing.h"

namespace {

Owned<tf_conversation_options> conversation_options() {
  return made<tf_conversation_options>(tf_conversation_options_create);
}
Owned<tf_message> message_of(const char* role, const char* text) {
  auto message = made<tf_message>([&](auto** to, auto** error) { return tf_message_create(role, to, error); });
  EXPECT_EQ(tf_message_add_text(message.get(), text), TF_OK);
  return message;
}
Owned<tf_message> message_at(const tf_conversation* conversation, int32_t index) {
  return made<tf_message>(
      [&](auto** to, auto** error) { return tf_conversation_message(conversation, index, to, error); });
}
tf_status send_one(tf_conversation* conversation, const tf_message* message, const tf_generate_options* options,
                   tf_answer** answer, tf_error** error) {
  return tf_conversation_send(conversation, &message, 1, options, nullptr, nullptr, answer, error);
}

class CApiConversation : public testing::Test {
 protected:
  Owned<tf_engine> engine_ = open_engine(kTinyLlama);
  Owned<tf_generate_options> greedy_ = greedy_options(8);
};

TEST_F(CApiConversation, RemembersWhatWasSaid) {
  const auto options = conversation_options();
  EXPECT_EQ(tf_conversation_options_set_system(options.get(), "Be brief."), TF_OK);
  EXPECT_EQ(tf_conversation_options_add_message(options.get(), message_of("user", "hello").get()), TF_OK);
  EXPECT_EQ(tf_conversation_options_add_message(options.get(), message_of("assistant", "Hello.").get()), TF_OK);
  EXPECT_EQ(tf_conversation_options_set_variables(options.get(), R"({"enable_thinking": false})"), TF_OK);
  EXPECT_EQ(tf_conversation_options_set_when_full(options.get(), TF_WHEN_FULL_REFUSE), TF_OK);
  EXPECT_EQ(tf_conversation_options_set_given_text(options.get(), TF_GIVEN_PARSED), TF_OK);
  const auto chat = open_conversation(engine_.get(), options.get());
  EXPECT_EQ(tf_conversation_n_messages(chat.get()), 3);
  std::string streamed;
  const auto collect = [](const tf_piece* piece, void* to) -> int32_t {
    EXPECT_EQ(tf_piece_kind(piece), TF_PIECE_TEXT);
    EXPECT_EQ(tf_piece_tool_call(piece), nullptr);
    *static_cast<std::string*>(to) += tf_piece_text(piece, nullptr);
    return 1;
  };
  const auto first = ask(chat.get(), "the water", greedy_.get(), collect, &streamed);
  EXPECT_EQ(text_of(first.get()), streamed);
  EXPECT_STREQ(tf_answer_thinking(first.get(), nullptr), "");
  EXPECT_EQ(tf_answer_n_tool_calls(first.get()), 0);
  EXPECT_EQ(tf_answer_tool_call(first.get(), 0), nullptr);
  EXPECT_EQ(tf_answer_n_dropped(first.get()), 0);
  const auto second = ask(chat.get(), "the mill", greedy_.get());
  EXPECT_GT(tf_answer_n_reused_tokens(second.get()), tf_answer_n_prompt_tokens(first.get()) - 2);
  EXPECT_EQ(tf_conversation_n_messages(chat.get()), 7);
  EXPECT_STREQ(tf_message_role(message_at(chat.get(), 0).get()), "system");
  const auto said = message_at(chat.get(), 4);
  EXPECT_STREQ(tf_message_role(said.get()), "assistant");
  EXPECT_EQ(tf_message_n_parts(said.get()), 1);
  size_t n_bytes = 0;
  EXPECT_EQ(tf_message_part_text(said.get(), 0, &n_bytes), streamed);
  EXPECT_EQ(n_bytes, streamed.size());
  expect_failure(TF_INVALID_ARGUMENT, "index: expected less than 7, found 7", [&](auto** error) {
    tf_message* none = nullptr;
    return tf_conversation_message(chat.get(), 7, &none, error);
  });
  EXPECT_EQ(tf_conversation_reset(chat.get(), nullptr), TF_OK);
  EXPECT_EQ(tf_conversation_n_messages(chat.get()), 1) << "the system message stays";
}

TEST_F(CApiConversation, IsSavedAndRestored) {
  const std::string path = testing::TempDir() + "c_api_conversation_saved";
  std::remove(path.c_str());
  const auto chat = open_conversation(engine_.get(), nullptr);
  ask(chat.get(), "the water", greedy_.get());
  ASSERT_EQ(tf_conversation_save(chat.get(), path.c_str(), nullptr), TF_OK);
  const std::string expected = text_of(ask(chat.get(), "the mill", greedy_.get()).get());
  const auto other = open_engine(kTinyLlama);
  const auto restored = open_conversation(other.get(), nullptr);
  ASSERT_EQ(tf_conversation_restore(restored.get(), path.c_str(), nullptr), TF_OK);
  EXPECT_EQ(tf_conversation_n_messages(restored.get()), 2);
  EXPECT_EQ(text_of(ask(restored.get(), "the mill", greedy_.get()).get()), expected);
  EXPECT_EQ(tf_conversation_restore(restored.get(), (path + ".none").c_str(), nullptr), TF_NOT_FOUND);
  std::remove(path.c_str());
}

TEST_F(CApiConversation, ArgumentsOfCallsAreObjects) {
  for (const char* bad : {" ", "[]", "7", "{"}) {
    const auto said = message_of("assistant", "");
    EXPECT_EQ(tf_message_add_tool_call(said.get(), "call00001", "time", bad), TF_INVALID_ARGUMENT) << bad;
    EXPECT_EQ(tf_message_n_tool_calls(said.get()), 0) << bad;
  }
  const auto said = message_of("assistant", "");
  EXPECT_EQ(tf_message_add_tool_call(said.get(), "call00001", "time", ""), TF_OK);
  EXPECT_STREQ(tf_tool_call_arguments(tf_message_tool_call(said.get(), 0)), "{}");
}

TEST_F(CApiConversation, ResultsOfCallsAreSentTogether) {
  const auto said = message_of("assistant", "Let me see.");
  EXPECT_EQ(tf_message_add_tool_call(said.get(), "call00001", "time", R"({"zone": "UTC"})"), TF_OK);
  EXPECT_EQ(tf_message_set_thinking(said.get(), "hm"), TF_OK);
  const auto options = conversation_options();
  EXPECT_EQ(tf_conversation_options_set_tools(options.get(), R"([{"type": "function", "function": {"name": "time"}}])"),
            TF_OK);
  EXPECT_EQ(tf_conversation_options_add_message(options.get(), message_of("user", "What time is it?").get()), TF_OK);
  EXPECT_EQ(tf_conversation_options_add_message(options.get(), said.get()), TF_OK);
  const auto chat = open_conversation(engine_.get(), options.get());
  const auto read = message_at(chat.get(), 1);
  EXPECT_STREQ(tf_message_thinking(read.get(), nullptr), "hm");
  ASSERT_EQ(tf_message_n_tool_calls(read.get()), 1);
  EXPECT_EQ(tf_message_tool_call(read.get(), 1), nullptr);
  const tf_tool_call* call = tf_message_tool_call(read.get(), 0);
  EXPECT_STREQ(tf_tool_call_id(call), "call00001");
  EXPECT_STREQ(tf_tool_call_name(call), "time");
  EXPECT_STREQ(tf_tool_call_arguments(call), R"({"zone": "UTC"})");
  const auto result = made<tf_message>(
      [&](auto** to, auto** error) { return tf_message_create_tool_result(call, "12:00", to, error); });
  EXPECT_STREQ(tf_message_role(result.get()), "tool");
  EXPECT_STREQ(tf_message_tool_call_id(result.get()), "call00001");
  EXPECT_STREQ(tf_message_tool_name(result.get()), "time");
  const auto second = message_of("tool", "12:01");
  EXPECT_EQ(tf_message_set_tool(second.get(), "call00002", "time"), TF_OK);
  const tf_message* const both[] = {result.get(), second.get()};
  const auto answer = made<tf_answer>([&](auto** to, auto** error) {
    return tf_conversation_send(chat.get(), both, 2, greedy_.get(), nullptr, nullptr, to, error);
  });
  EXPECT_EQ(tf_conversation_n_messages(chat.get()), 5);
  expect_failure(TF_INVALID_ARGUMENT, "expected at least one, found none", [&](auto** error) {
    return tf_conversation_send(chat.get(), nullptr, 0, nullptr, nullptr, nullptr, nullptr, error);
  });
}

TEST_F(CApiConversation, PiecesSayWhatTheyAre) {
  const tenfold::ReplyPiece thought{tenfold::PieceKind::kThinking, "hm", {}};
  const tenfold::ReplyPiece call{tenfold::PieceKind::kToolCall, "", {"id", "name", "{}"}};
  EXPECT_EQ(tf_piece_kind(tenfold::as_handle(thought)), TF_PIECE_THINKING);
  EXPECT_STREQ(tf_piece_text(tenfold::as_handle(thought), nullptr), "hm");
  EXPECT_EQ(tf_piece_kind(tenfold::as_handle(call)), TF_PIECE_TOOL_CALL);
  EXPECT_STREQ(tf_tool_call_name(tf_piece_tool_call(tenfold::as_handle(call))), "name");
  tf_answer answer;
  answer.answer.reply.add(thought);
  answer.answer.reply.add(call);
  EXPECT_STREQ(tf_answer_thinking(&answer, nullptr), "hm");
  ASSERT_EQ(tf_answer_n_tool_calls(&answer), 1);
  EXPECT_STREQ(tf_tool_call_id(tf_answer_tool_call(&answer, 0)), "id");
}

TEST_F(CApiConversation, WhatIsKeptStaysWhenTheContextIsFull) {
  const auto engine_options = made<tf_engine_options>(tf_engine_options_create);
  EXPECT_EQ(tf_engine_options_set_n_ctx(engine_options.get(), 256), TF_OK);
  const auto engine = open_engine(kTinyLlama, engine_options.get());
  const auto chat = open_conversation(engine.get());
  const auto pinned = message_of("user", "the name of the mill is Ada");
  EXPECT_EQ(tf_message_set_keep(pinned.get(), TF_KEEP_ALWAYS), TF_OK);
  ASSERT_EQ(send_one(chat.get(), pinned.get(), greedy_.get(), nullptr, nullptr), TF_OK);
  int32_t n_dropped = 0;
  for (int i = 0; i < 20; ++i) {
    n_dropped += tf_answer_n_dropped(ask(chat.get(), "where is the water", greedy_.get()).get());
  }
  EXPECT_GT(n_dropped, 0);
  EXPECT_EQ(tf_message_keep(message_at(chat.get(), 0).get()), TF_KEEP_ALWAYS);
}

TEST_F(CApiConversation, ACancelCountsWheneverItComes) {
  const auto chat = open_conversation(engine_.get());
  const auto options = greedy_options(200);
  const auto cancel = made<tf_cancel>(tf_cancel_create);
  EXPECT_EQ(tf_generate_options_set_cancel(options.get(), cancel.get()), TF_OK);
  const auto elsewhere = [](const tf_piece*, void* to) -> int32_t {
    std::thread([=] { tf_cancel_request(static_cast<tf_cancel*>(to)); }).join();
    return 1;
  };
  const auto during = ask(chat.get(), "the water", options.get(), elsewhere, cancel.get());
  EXPECT_EQ(tf_answer_finish_reason(during.get()), TF_FINISH_CANCELLED);
  EXPECT_EQ(tf_conversation_n_messages(chat.get()), 2) << "what was said stays";
  const auto before = ask(chat.get(), "the mill", options.get());
  EXPECT_EQ(tf_answer_finish_reason(before.get()), TF_FINISH_CANCELLED);
  EXPECT_EQ(tf_answer_n_tokens(before.get()), 0);
  EXPECT_EQ(tf_conversation_n_messages(chat.get()), 2) << "nothing was said";
}

TEST_F(CApiConversation, ACallbackMayCallWhatItLikesButItsConversation) {
  struct Both {
    tf_conversation* own;
    tf_conversation* other;
  };
  const auto own = open_conversation(engine_.get()), other = open_conversation(engine_.get());
  Both both{own.get(), other.get()};
  const auto call = [](const tf_piece*, void* to) -> int32_t {
    const auto [mine, another] = *static_cast<Both*>(to);
    EXPECT_EQ(tf_conversation_ask(mine, "x", nullptr, nullptr, nullptr, nullptr, nullptr), TF_FAILED_PRECONDITION);
    EXPECT_EQ(tf_conversation_reset(mine, nullptr), TF_FAILED_PRECONDITION);
    EXPECT_EQ(tf_conversation_n_messages(another), 0);
    EXPECT_EQ(tf_conversation_reset(another, nullptr), TF_OK);
    return 0;
  };
  const auto answer = ask(own.get(), "the water", greedy_.get(), call, &both);
  EXPECT_EQ(tf_answer_finish_reason(answer.get()), TF_FINISH_CANCELLED);
}

TEST_F(CApiConversation, RefusesHostileOptions) {
  const auto refused = [&](const std::string& words, auto set) {
    const auto options = conversation_options();
    set(options.get());
    expect_failure(TF_INVALID_ARGUMENT, words, [&](auto** error) {
      tf_conversation* none = nullptr;
      return tf_conversation_create(engine_.get(), options.get(), &none, error);
    });
  };
  refused("when_full: expected 0…1, found 2", [](auto* o) { tf_conversation_options_set_when_full(o, 2); });
  refused("given_text: expected 0…1, found -1", [](auto* o) { tf_conversation_options_set_given_text(o, -1); });
  refused("system: expected a value", [](auto* o) { tf_conversation_options_set_system(o, nullptr); });
  refused("variables: expected a value", [](auto* o) { tf_conversation_options_set_variables(o, nullptr); });
  refused("message: expected a value", [](auto* o) { tf_conversation_options_add_message(o, nullptr); });
  refused("tools: expected an array", [](auto* o) { tf_conversation_options_set_tools(o, "{}"); });
  const auto message = message_of("user", "x");
  EXPECT_EQ(tf_message_set_keep(message.get(), 5), TF_INVALID_ARGUMENT);
  refused("keep: expected 0…1, found 5", [&](auto* o) { tf_conversation_options_add_message(o, message.get()); });
  const auto chat = open_conversation(engine_.get());
  expect_failure(TF_INVALID_ARGUMENT, "keep: expected 0…1, found 5",
                 [&](auto** error) { return send_one(chat.get(), message.get(), nullptr, nullptr, error); });
  const std::string much(std::size_t{3} << 20, 'a');
  expect_failure(TF_INVALID_ARGUMENT, "1048576 bytes", [&](auto** error) {
    return tf_conversation_ask(chat.get(), much.c_str(), nullptr, nullptr, nullptr, nullptr, error);
  });
  const auto encoder = open_engine(test_data("models/bert-f32.gguf"));
  tf_conversation* none = nullptr;
  EXPECT_EQ(tf_conversation_create(encoder.get(), nullptr, &none, nullptr), TF_FAILED_PRECONDITION);
}

TEST(CApiImages, AreShownWithinMessages) {
  const auto options = made<tf_engine_options>(tf_engine_options_create);
  EXPECT_EQ(tf_engine_options_set_mmproj(options.get(), test_data("vision/glm4v-mmproj.gguf").c_str()), TF_OK);
  const auto engine = open_engine(test_data("vision/glm4v.gguf"), options.get());
  EXPECT_EQ(tf_model_info_can_see(tf_engine_info(engine.get())), 1);
  EXPECT_STRNE(tf_model_info_image_text(tf_engine_info(engine.get())), "");
  std::ifstream in(test_data("images/picture.png"), std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto image_options = made<tf_image_options>(tf_image_options_create);
  double progress = 0;
  const auto note = [](double fraction, void* to) -> int32_t {
    *static_cast<double*>(to) = fraction;
    return 1;
  };
  EXPECT_EQ(tf_image_options_set_on_progress(image_options.get(), note, &progress), TF_OK);
  const auto image = made<tf_image>([&](auto** to, auto** error) {
    return tf_image_create(engine.get(), file.data(), file.size(), image_options.get(), to, error);
  });
  EXPECT_EQ(progress, 1);
  EXPECT_EQ(tf_image_width(image.get()), 3 * 28);  // 97 by 131 pixels
  EXPECT_EQ(tf_image_height(image.get()), 5 * 28);
  EXPECT_EQ(tf_image_n_tokens(image.get()), 3 * 5);
  EXPECT_EQ(tf_image_is_animation(image.get()), 0);

  const auto greedy = greedy_options(4);
  const auto blind = open_conversation(engine.get()), seeing = open_conversation(engine.get());
  const auto question = message_of("user", "What is it?");
  const auto shown = made<tf_message>([](auto** to, auto** error) { return tf_message_create("user", to, error); });
  EXPECT_EQ(tf_message_add_image(shown.get(), image.get()), TF_OK);
  EXPECT_EQ(tf_message_add_text(shown.get(), "What is it?"), TF_OK);
  const auto n_prompt = [&](tf_conversation* chat, const tf_message* message) {
    const auto answer =
        made<tf_answer>([&](auto** to, auto** error) { return send_one(chat, message, greedy.get(), to, error); });
    return tf_answer_n_prompt_tokens(answer.get());
  };
  EXPECT_EQ(n_prompt(seeing.get(), shown.get()), n_prompt(blind.get(), question.get()) + 2 + 15);
  const auto read = message_at(seeing.get(), 0);
  EXPECT_EQ(tf_message_n_parts(read.get()), 2);
  EXPECT_EQ(tf_message_part_is_image(read.get(), 0), 1);
  EXPECT_EQ(tf_message_part_is_image(read.get(), 1), 0);
  EXPECT_STREQ(tf_message_part_text(read.get(), 1, nullptr), "What is it?");

  tf_image* none = nullptr;
  EXPECT_EQ(tf_image_create(engine.get(), "not an image", 12, nullptr, &none, nullptr), TF_UNSUPPORTED);
  EXPECT_EQ(tf_image_create(engine.get(), nullptr, 0, nullptr, &none, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_image_options_set_max_pixels(image_options.get(), 5), TF_OK);
  EXPECT_EQ(tf_image_create(engine.get(), file.data(), file.size(), image_options.get(), &none, nullptr),
            TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_image_options_set_max_pixels(image_options.get(), 28 * 28 * 100), TF_OK);
  const auto cancel = made<tf_cancel>(tf_cancel_create);
  tf_cancel_request(cancel.get());
  EXPECT_EQ(tf_image_options_set_cancel(image_options.get(), cancel.get()), TF_OK);
  EXPECT_EQ(tf_image_create(engine.get(), file.data(), file.size(), image_options.get(), &none, nullptr), TF_CANCELLED);
  EXPECT_EQ(tf_image_create(open_engine(kTinyLlama).get(), file.data(), file.size(), nullptr, &none, nullptr),
            TF_FAILED_PRECONDITION);
}

}  // namespace
