// Memory runs out at each allocation in turn: an error every time, never the end of the process, and what is there goes
// on as if nothing had happened.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "c_api/owned_handles_testing.h"
#include "convert/convert.h"
#include "model_file/temp_folder_testing.h"
#include "runtime/allocation_testing.h"
#include "tenfold/engine.h"
#include "tenfold/host.h"

namespace tenfold {
namespace {

const std::string kModel = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/models/llama-q4_0.gguf";
constexpr long kEnough = 1'000'000;

#define TF_RETURN_IF_FAILED(expr) \
  if (const tf_status failed = (expr); failed != TF_OK) return failed

// Calls `body`, which returns a tf_status, with ever more memory until it succeeds; returns how often it failed.
template <typename Body>
long until_it_works(Body&& body) {
  for (long n = 0; n < kEnough; ++n) {
    fail_allocations_from(n);
    const tf_status status = body();
    fail_allocations_from(-1);
    if (status == TF_OK) return n;
    EXPECT_EQ(status, TF_RESOURCE_EXHAUSTED) << "allocation " << n;
    if (testing::Test::HasFailure()) break;
  }
  ADD_FAILURE() << "never succeeded";
  return kEnough;
}

Owned<tf_engine_options> two_threads() {
  auto options = made<tf_engine_options>(tf_engine_options_create);
  EXPECT_EQ(tf_engine_options_set_n_threads(options.get(), 2), TF_OK);
  return options;
}
Owned<tf_engine> open_with_two_threads() { return open_engine(kModel, two_threads().get()); }

TEST(OutOfMemory, WhileTheModelIsOpened) {
  const auto options = two_threads();
  tf_engine* engine = nullptr;
  EXPECT_GT(until_it_works([&] { return tf_engine_open(kModel.c_str(), options.get(), &engine, nullptr); }), 100);
  tf_engine_free(engine);
}

TEST(OutOfMemory, WhileAHostIsMade) {
  std::shared_ptr<Host> host;
  const long n_failed = until_it_works([&] {
    Result<std::shared_ptr<Host>> created = create_host({});
    if (created.ok()) host = std::move(created).value();
    return static_cast<tf_status>(created.status().code());
  });
  EXPECT_GT(n_failed, 0);
  EngineOptions options;
  options.host = std::move(host);
  EXPECT_TRUE(Engine::open(kModel, options).ok());
}

// A failure is kept for the call that takes the options, so each try begins with new ones.
TEST(OutOfMemory, WhileOptionsAndMessagesAreSet) {
  const std::string text(100, 'x'), arguments = "{\"" + text + "\": 1}";
  const long n_failed = until_it_works([&] {
    tf_message* message = nullptr;
    TF_RETURN_IF_FAILED(tf_message_create(text.c_str(), &message, nullptr));
    const Owned<tf_message> owned(message);
    TF_RETURN_IF_FAILED(tf_message_add_text(message, text.c_str()));
    TF_RETURN_IF_FAILED(tf_message_add_tool_call(message, text.c_str(), text.c_str(), arguments.c_str()));
    tf_conversation_options* options = nullptr;
    TF_RETURN_IF_FAILED(tf_conversation_options_create(&options, nullptr));
    const Owned<tf_conversation_options> owned_options(options);
    TF_RETURN_IF_FAILED(tf_conversation_options_set_system(options, text.c_str()));
    TF_RETURN_IF_FAILED(tf_conversation_options_add_message(options, message));
    tf_generate_options* generate = nullptr;
    TF_RETURN_IF_FAILED(tf_generate_options_create(&generate, nullptr));
    const Owned<tf_generate_options> owned_generate(generate);
    TF_RETURN_IF_FAILED(tf_generate_options_add_stop(generate, text.c_str()));
    return tf_generate_options_add_logit_bias(generate, 1, 1);
  });
  EXPECT_GT(n_failed, 15);
}

TEST(OutOfMemory, ASetterThatFailedIsToldByWhoTakesTheOptions) {
  const auto engine = open_with_two_threads();
  const auto options = made<tf_conversation_options>(tf_conversation_options_create);
  const std::string system(100, 'x');
  fail_allocations_from(0);
  const tf_status status = tf_conversation_options_set_system(options.get(), system.c_str());
  fail_allocations_from(-1);
  EXPECT_EQ(status, TF_RESOURCE_EXHAUSTED);
  tf_conversation* conversation = nullptr;
  EXPECT_EQ(tf_conversation_create(engine.get(), options.get(), &conversation, nullptr), TF_RESOURCE_EXHAUSTED);
}

// One allocation fails and all others succeed: what opens then is the model as it is, not one without its template.
TEST(OutOfMemory, ForOneAllocationLeavesNothingOutOfTheModel) {
  EngineOptions options;
  options.n_threads = 2;
  int n_refused = 0;
  for (long n = 0; n < 2000; n += 7) {
    fail_one_allocation(n);
    const auto engine = Engine::open(kModel, options);
    fail_allocations_from(-1);
    if (engine.ok()) {
      EXPECT_TRUE((*engine)->info().has_chat_template) << "allocation " << n;
    } else {
      EXPECT_EQ(engine.status().code(), StatusCode::kResourceExhausted) << "allocation " << n;
      ++n_refused;
    }
  }
  EXPECT_GT(n_refused, 20);
}

TEST(OutOfMemory, WhileASessionIsMadeKeepsItsPlaceFree) {
  const auto engine = open_with_two_threads();
  std::vector<Owned<tf_session>> sessions;
  for (int i = 0; i < 4; ++i) {
    tf_session* session = nullptr;
    EXPECT_GT(until_it_works([&] { return tf_session_create(engine.get(), &session, nullptr); }), 2);
    sessions.emplace_back(session);
  }
}

TEST(OutOfMemory, WhileMessagesAndToolsAreRendered) {
  EngineOptions engine_options;
  engine_options.n_threads = 2;
  const auto engine = Engine::open(kModel, engine_options).value();
  ChatOptions options;
  options.messages_json =
      R"([{"role": "user", "content": "hi", "parts": [{"type": "text", "text": "hi"}, {"type": "text"}]},
      {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments":
      {"a": [1, 2.5, {"b": [[], {}]}], "n": 123456789012345678901}}}]}, {"role": "user", "content": "more"}])";
  options.tools_json = R"([{"type": "function", "function": {"name": "f", "parameters": {"a": {"type": "array"}}}}])";
  options.variables_json = R"({"enable_thinking": false, "nested": [[[[1]]]]})";
  const auto expected = engine->render_chat({}, options);
  ASSERT_TRUE(expected.ok()) << expected.status().to_string();
  Result<RenderedChat> text = RenderedChat();
  const long n_failed = until_it_works([&] {
    text = engine->render_chat({}, options);
    return static_cast<tf_status>(text.status().code());
  });
  EXPECT_GT(n_failed, 50);
  EXPECT_EQ(*text, *expected);
}

TEST(OutOfMemory, WhileItChatsLeavesTheConversationAsItWas) {
  const auto engine = open_with_two_threads();
  const auto options = greedy_options(4);
  tf_conversation* made_conversation = nullptr;
  EXPECT_GT(until_it_works([&] { return tf_conversation_create(engine.get(), nullptr, &made_conversation, nullptr); }),
            10);
  const Owned<tf_conversation> conversation(made_conversation);
  ask(conversation.get(), "Hello", options.get());
  const auto expected = ask(conversation.get(), "the river", options.get());
  ASSERT_EQ(tf_conversation_reset(conversation.get(), nullptr), TF_OK);
  ask(conversation.get(), "Hello", options.get());
  tf_answer* answer = nullptr;
  const long n_failed = until_it_works([&] {
    const tf_status status =
        tf_conversation_ask(conversation.get(), "the river", options.get(), nullptr, nullptr, &answer, nullptr);
    EXPECT_EQ(tf_conversation_n_messages(conversation.get()), status == TF_OK ? 4 : 2);
    return status;
  });
  EXPECT_GT(n_failed, 50);
  EXPECT_EQ(text_of(answer), text_of(expected.get()));
  tf_answer_free(answer);
  tf_message* message = nullptr;
  EXPECT_GT(until_it_works([&] { return tf_conversation_message(conversation.get(), 0, &message, nullptr); }), 1);
  tf_message_free(message);
}

TEST(OutOfMemory, WhileACheckpointIsConverted) {
  ConvertOptions options;
  options.folder = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/checkpoints/llama";
  const TempFolder folder;
  options.out = folder.path("out.gguf");
  const long n_failed = until_it_works([&] {
    const auto report = convert_checkpoint(options, nullptr);
    return static_cast<tf_status>(report.status().code());
  });
  EXPECT_GT(n_failed, 1000);
}

TEST(OutOfMemory, WhileItAnswersLeavesTheSessionUsable) {
  const auto engine = open_with_two_threads();
  const auto session = open_session(engine.get());
  const auto options = made<tf_generate_options>(tf_generate_options_create);
  EXPECT_EQ(tf_generate_options_set_max_tokens(options.get(), 8), TF_OK);
  EXPECT_EQ(tf_generate_options_set_seed(options.get(), 3), TF_OK);
  EXPECT_EQ(tf_generate_options_set_repeat_penalty(options.get(), 1.1F), TF_OK);
  const auto expected = generate(session.get(), "the river", options.get());
  ASSERT_EQ(tf_session_reset(session.get(), nullptr), TF_OK);
  tf_answer* answer = nullptr;
  const long n_failed = until_it_works([&] {
    return tf_session_generate(session.get(), "the river", TF_GIVEN_PLAIN, options.get(), nullptr, nullptr, &answer,
                               nullptr);
  });
  EXPECT_GT(n_failed, 10);
  EXPECT_EQ(text_of(answer), text_of(expected.get())) << "a failed run must leave nothing behind";
  tf_answer_free(answer);
}

TEST(OutOfMemory, WhileTextsBecomeTokensAndVectors) {
  const auto engine = open_with_two_threads();
  tf_tokens* tokens = nullptr;
  EXPECT_GT(until_it_works([&] { return tf_engine_tokenize(engine.get(), "the river", 0, nullptr, &tokens, nullptr); }),
            1);
  size_t n = 0;
  const int32_t* ids = tf_tokens_data(tokens, &n);
  tf_text* text = nullptr;
  EXPECT_GT(until_it_works([&] { return tf_engine_detokenize(engine.get(), ids, n, 0, &text, nullptr); }), 0);
  std::vector<float> vector(static_cast<std::size_t>(tf_model_info_vector_dim(tf_engine_info(engine.get()))));
  EXPECT_GT(until_it_works([&] {
              return tf_engine_embed(engine.get(), "the river", nullptr, vector.data(), vector.size(), nullptr);
            }),
            1);
  tf_text_free(text);
  tf_tokens_free(tokens);
}

TEST(OutOfMemory, WhileAnImageIsSeen) {
  const auto options = two_threads();
  EXPECT_EQ(tf_engine_options_set_mmproj(options.get(), test_data("vision/glm4v-mmproj.gguf").c_str()), TF_OK);
  const auto engine = open_engine(test_data("vision/glm4v.gguf"), options.get());
  std::ifstream file(test_data("images/picture.png"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  tf_image* image = nullptr;
  EXPECT_GT(until_it_works(
                [&] { return tf_image_create(engine.get(), bytes.data(), bytes.size(), nullptr, &image, nullptr); }),
            10);
  EXPECT_EQ(tf_image_n_tokens(image), 15);
  tf_image_free(image);
}

TEST(OutOfMemory, WhileAnErrorIsReported) {
  tf_engine* engine = nullptr;
  for (long n = 0; n < 40; ++n) {
    fail_allocations_from(n);
    const tf_status status = tf_engine_open("/no/such/file.gguf", nullptr, &engine, nullptr);
    fail_allocations_from(-1);
    EXPECT_TRUE(status == TF_RESOURCE_EXHAUSTED || status == TF_NOT_FOUND) << status;
  }
}

}  // namespace
}  // namespace tenfold
