// Memory runs out at each allocation in turn: an error every time, never the end of the process, and what is there goes
// on as if nothing had happened.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "convert/convert.h"
#include "model_file/temp_folder.h"
#include "runtime/allocation_count.h"
#include "tenfold/c_api.h"
#include "tenfold/engine.h"

namespace tenfold {
namespace {

const std::string kModel = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/models/llama-q4_0.gguf";
constexpr long kEnough = 1'000'000;

bool keep(const char* text, size_t n, void* to) {
  static_cast<std::string*>(to)->append(text, n);
  return true;
}

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

tf_engine* open_engine() {
  tf_engine* engine = nullptr;
  tf_engine_options options;
  tf_engine_options_init(&options);
  options.n_threads = 2;
  EXPECT_EQ(tf_engine_open(kModel.c_str(), &options, &engine, nullptr), TF_OK);
  return engine;
}

TEST(OutOfMemory, WhileTheModelIsOpened) {
  tf_engine_options options;
  tf_engine_options_init(&options);
  options.n_threads = 2;
  tf_engine* engine = nullptr;
  EXPECT_GT(until_it_works([&] { return tf_engine_open(kModel.c_str(), &options, &engine, nullptr); }), 100);
  tf_engine_free(engine);
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
  tf_engine* engine = open_engine();
  std::vector<tf_session*> sessions;
  for (int i = 0; i < 4; ++i) {
    sessions.push_back(nullptr);
    EXPECT_GT(until_it_works([&] { return tf_session_create(engine, &sessions.back(), nullptr); }), 2);
  }
  for (tf_session* session : sessions) tf_session_free(session);
  tf_engine_free(engine);
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
  tf_engine* engine = open_engine();
  tf_session* session = nullptr;
  ASSERT_EQ(tf_session_create(engine, &session, nullptr), TF_OK);
  tf_generate_options options;
  tf_generate_options_init(&options);
  options.max_tokens = 4;
  options.temperature = 0;
  const auto chat = [&](const char* content, std::string& answer) {
    answer.clear();
    return tf_session_chat(session, "user", content, &options, keep, &answer, nullptr, nullptr);
  };
  std::string expected, answer;
  expected.reserve(4096);
  answer.reserve(4096);
  ASSERT_EQ(chat("Hello", answer), TF_OK);
  ASSERT_EQ(chat("the river", expected), TF_OK);
  ASSERT_EQ(tf_session_reset(session, nullptr), TF_OK);
  ASSERT_EQ(chat("Hello", answer), TF_OK);
  EXPECT_GT(until_it_works([&] { return chat("the river", answer); }), 50);
  EXPECT_EQ(answer, expected);
  tf_session_free(session);
  tf_engine_free(engine);
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
  tf_engine* engine = open_engine();
  tf_session* session = nullptr;
  ASSERT_EQ(tf_session_create(engine, &session, nullptr), TF_OK);
  tf_generate_options options;
  tf_generate_options_init(&options);
  options.max_tokens = 8;
  options.seed = 3;
  options.has_seed = true;
  options.repeat_penalty = 1.1F;
  std::string expected, answer;
  expected.reserve(4096);
  answer.reserve(4096);
  ASSERT_EQ(tf_session_generate(session, "the river", false, &options, keep, &expected, nullptr, nullptr), TF_OK);
  ASSERT_EQ(tf_session_reset(session, nullptr), TF_OK);
  const long n_failed = until_it_works([&] {
    answer.clear();
    return tf_session_generate(session, "the river", false, &options, keep, &answer, nullptr, nullptr);
  });
  EXPECT_GT(n_failed, 10);
  EXPECT_EQ(answer, expected) << "a failed run must leave nothing behind";
  tf_session_free(session);
  tf_engine_free(engine);
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
