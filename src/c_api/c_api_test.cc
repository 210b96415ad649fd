#include "tenfold/c_api.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace {

const std::string kModel = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/models/llama-q4_0.gguf";

class CApi : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(tf_engine_open(kModel.c_str(), nullptr, &engine_, &error_), TF_OK) << tf_error_message(error_);
    ASSERT_EQ(tf_session_create(engine_, &session_, &error_), TF_OK) << tf_error_message(error_);
    tf_generate_options_init(&greedy_);
    greedy_.temperature = 0;
    greedy_.max_tokens = 12;
  }
  void TearDown() override {
    tf_error_free(error_);
    tf_session_free(session_);
    tf_engine_free(engine_);
  }
  static bool collect(const char* text, size_t n, void* to) {
    static_cast<std::string*>(to)->append(text, n);
    return true;
  }

  tf_engine* engine_ = nullptr;
  tf_session* session_ = nullptr;
  tf_error* error_ = nullptr;
  tf_generate_options greedy_{};
};

TEST_F(CApi, GeneratesTheSameTextTwice) {
  std::string first, second;
  tf_result result{};
  ASSERT_EQ(tf_session_generate(session_, "the river", false, &greedy_, collect, &first, &result, &error_), TF_OK)
      << tf_error_message(error_);
  EXPECT_GT(result.n_prompt_tokens, 0);
  EXPECT_LE(result.n_tokens, 12);
  ASSERT_EQ(tf_session_reset(session_, &error_), TF_OK);
  ASSERT_EQ(tf_session_generate(session_, "the river", false, &greedy_, collect, &second, nullptr, &error_), TF_OK);
  EXPECT_EQ(first, second);
}

TEST_F(CApi, ChatRemembersTheConversation) {
  std::string answer;
  tf_result first{}, second{};
  ASSERT_EQ(tf_session_chat(session_, "user", "hello", &greedy_, collect, &answer, &first, &error_), TF_OK)
      << tf_error_message(error_);
  ASSERT_EQ(tf_session_chat(session_, "user", "and then?", &greedy_, collect, &answer, &second, &error_), TF_OK);
  EXPECT_GT(second.n_prompt_tokens, first.n_prompt_tokens);
  EXPECT_GT(second.n_reused_tokens, 0);
}

TEST_F(CApi, TheCallbackStopsIt) {
  tf_result result{};
  greedy_.max_tokens = 100;
  const auto stop = [](const char*, size_t, void*) { return false; };
  ASSERT_EQ(tf_session_generate(session_, "the river", false, &greedy_, stop, nullptr, &result, &error_), TF_OK);
  EXPECT_EQ(result.finish_reason, TF_FINISH_CANCELLED);
}

TEST_F(CApi, CancelFromAnotherThread) {
  greedy_.max_tokens = 100;
  // The answer is under way for certain when its first piece arrives; another thread then cancels it.
  const auto cancel_elsewhere = [](const char*, size_t, void* session) {
    std::thread([=] { tf_session_cancel(static_cast<tf_session*>(session)); }).join();
    return true;
  };
  tf_result result{};
  ASSERT_EQ(tf_session_generate(session_, "the river", false, &greedy_, cancel_elsewhere, session_, &result, &error_),
            TF_OK)
      << tf_error_message(error_);
  EXPECT_EQ(result.finish_reason, TF_FINISH_CANCELLED);
  EXPECT_LT(result.n_tokens, 100);
}

TEST_F(CApi, ErrorsAreTyped) {
  tf_engine* none = nullptr;
  tf_error* error = nullptr;
  EXPECT_EQ(tf_engine_open("/no/such/file.gguf", nullptr, &none, &error), TF_NOT_FOUND);
  EXPECT_EQ(tf_error_status(error), TF_NOT_FOUND);
  EXPECT_NE(std::string(tf_error_message(error)).find("file.gguf"), std::string::npos);
  tf_error_free(error);
  EXPECT_EQ(none, nullptr);

  EXPECT_EQ(tf_engine_open(nullptr, nullptr, &none, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_session_create(nullptr, &session_, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_session_generate(session_, nullptr, false, nullptr, nullptr, nullptr, nullptr, nullptr),
            TF_INVALID_ARGUMENT);
  greedy_.temperature = -1;
  EXPECT_EQ(tf_session_generate(session_, "x", false, &greedy_, nullptr, nullptr, nullptr, nullptr),
            TF_INVALID_ARGUMENT);
  tf_engine_options wrong{};
  EXPECT_EQ(tf_engine_open(kModel.c_str(), &wrong, &none, nullptr), TF_INVALID_ARGUMENT);
}

TEST(CApiVersion, IsThere) { EXPECT_STRNE(tf_version(), ""); }

TEST(CApiNull, MayBeFreed) {
  tf_error_free(nullptr);
  tf_session_free(nullptr);
  tf_engine_free(nullptr);
  EXPECT_EQ(tf_error_status(nullptr), TF_OK);
}

}  // namespace
