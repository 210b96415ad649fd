// Memory runs out at each allocation in turn: an error every time, never the end of the process, and what is there goes
// on as if nothing had happened.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/allocation_count.h"
#include "tenfold/c_api.h"

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

// Not tf_session_chat: messages are JSON on their way to the template, and the JSON library's destructors allocate.
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
