#include "tenfold/c_api.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

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

TEST_F(CApi, APromptIsNotEndedByTheEosThatTheFileAsksFor) {
  std::ostringstream read;
  read << std::ifstream(kModel, std::ios::binary).rdbuf();
  std::string bytes = read.str();
  const std::string key = "tokenizer.ggml.add_bos_token";
  const std::size_t at = bytes.find(key);
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, key.size(), "tokenizer.ggml.add_eos_token");
  bytes[at + key.size() + 4] = 1;  // the value stands behind its type, a uint32
  const auto path = std::filesystem::temp_directory_path() / ("asks_for_eos_" + std::to_string(::getpid()) + ".gguf");
  std::ofstream(path, std::ios::binary) << bytes;

  tf_engine* engine = nullptr;
  tf_session* session = nullptr;
  tf_result plain{}, with_eos{};
  greedy_.max_tokens = 0;
  ASSERT_EQ(tf_session_generate(session_, "the river", false, &greedy_, nullptr, nullptr, &plain, &error_), TF_OK);
  EXPECT_EQ(tf_engine_open(path.c_str(), nullptr, &engine, &error_), TF_OK) << tf_error_message(error_);
  EXPECT_EQ(tf_session_create(engine, &session, &error_), TF_OK);
  EXPECT_EQ(tf_session_generate(session, "the river", false, &greedy_, nullptr, nullptr, &with_eos, &error_), TF_OK);
  EXPECT_EQ(with_eos.n_prompt_tokens, plain.n_prompt_tokens);
  tf_session_free(session);
  tf_engine_free(engine);
  std::filesystem::remove(path);
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
  tf_session* session = nullptr;
  EXPECT_EQ(tf_session_create(nullptr, &session, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_session_generate(session_, nullptr, false, nullptr, nullptr, nullptr, nullptr, nullptr),
            TF_INVALID_ARGUMENT);
  greedy_.temperature = -1;
  EXPECT_EQ(tf_session_generate(session_, "x", false, &greedy_, nullptr, nullptr, nullptr, nullptr),
            TF_INVALID_ARGUMENT);
  tf_engine_options wrong{};
  EXPECT_EQ(tf_engine_open(kModel.c_str(), &wrong, &none, nullptr), TF_INVALID_ARGUMENT);
}

TEST_F(CApi, RefusesHostileOptions) {
  tf_engine* none = engine_;
  const auto open_with = [&](auto change) {
    tf_engine_options options;
    tf_engine_options_init(&options);
    change(options);
    none = engine_;
    const tf_status status = tf_engine_open(kModel.c_str(), &options, &none, nullptr);
    EXPECT_EQ(none, nullptr) << "what could not be made is NULL";
    return status;
  };
  EXPECT_EQ(open_with([](auto& o) { o.struct_size = 0; }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(open_with([](auto& o) { o.struct_size = SIZE_MAX; }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(open_with([](auto& o) { o.n_threads = 1'000'000'000; }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(open_with([](auto& o) { o.n_threads = INT32_MIN; }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(open_with([](auto& o) { o.n_ctx = -1; }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(open_with([](auto& o) { o.n_ctx = INT32_MAX; }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(open_with([](auto& o) { o.memory_limit_bytes = 1; }), TF_RESOURCE_EXHAUSTED);

  const auto generate_with = [&](auto change) {
    tf_generate_options options = greedy_;
    change(options);
    return tf_session_generate(session_, "the river", false, &options, nullptr, nullptr, nullptr, nullptr);
  };
  EXPECT_EQ(generate_with([](auto& o) { o.struct_size = 3; }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(generate_with([](auto& o) { o.struct_size = sizeof(o) + 1; }), TF_INVALID_ARGUMENT);
  for (const float wrong : {NAN, INFINITY, -INFINITY, -1.0F}) {
    EXPECT_EQ(generate_with([=](auto& o) { o.temperature = wrong; }), TF_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(generate_with([=](auto& o) { o.top_p = wrong; }), TF_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(generate_with([=](auto& o) { o.min_p = wrong; }), TF_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(generate_with([=](auto& o) { o.typical_p = wrong; }), TF_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(generate_with([=](auto& o) { o.repeat_penalty = wrong; }), TF_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(generate_with([=](auto& o) { o.frequency_penalty = 3 * wrong; }), TF_INVALID_ARGUMENT) << wrong;
    EXPECT_EQ(generate_with([=](auto& o) { o.presence_penalty = 3 * wrong; }), TF_INVALID_ARGUMENT) << wrong;
  }
  EXPECT_EQ(generate_with([](auto& o) { o.top_k = -1; }), TF_INVALID_ARGUMENT);
  EXPECT_EQ(generate_with([](auto& o) { o.top_k = INT32_MAX; }), TF_OK);
  EXPECT_EQ(generate_with([](auto& o) { o.max_tokens = 0; }), TF_OK);
  EXPECT_EQ(generate_with([](auto&) {}), TF_OK);
}

TEST_F(CApi, AnOlderCallersOptionsKeepTheDefaultsOfWhatItDoesNotKnow) {
  tf_generate_options old{};
  old.struct_size = offsetof(tf_generate_options, temperature);
  old.max_tokens = 3;
  tf_result result{};
  ASSERT_EQ(tf_session_generate(session_, "the river", false, &old, nullptr, nullptr, &result, &error_), TF_OK)
      << tf_error_message(error_);
  EXPECT_LE(result.n_tokens, 3);
}

TEST_F(CApi, ADraftModelAndSpeculationChangeNothingThatIsSaid) {
  tf_engine_options engine_options;
  tf_engine_options_init(&engine_options);
  EXPECT_EQ(engine_options.draft_path, nullptr);
  engine_options.draft_path = "/no/such/draft.gguf";
  tf_engine* engine = nullptr;
  EXPECT_EQ(tf_engine_open(kModel.c_str(), &engine_options, &engine, nullptr), TF_NOT_FOUND);
  engine_options.draft_path = kModel.c_str();
  ASSERT_EQ(tf_engine_open(kModel.c_str(), &engine_options, &engine, nullptr), TF_OK);

  tf_generate_options options = greedy_;
  EXPECT_TRUE(options.speculate);
  std::vector<std::string> texts;
  for (const bool speculate : {true, false}) {
    options.speculate = speculate;
    tf_session* session = nullptr;
    ASSERT_EQ(tf_session_create(engine, &session, nullptr), TF_OK);
    EXPECT_EQ(
        tf_session_generate(session, "the river", false, &options, collect, &texts.emplace_back(), nullptr, nullptr),
        TF_OK);
    tf_session_free(session);
  }
  EXPECT_EQ(texts[0], texts[1]);
  tf_engine_free(engine);
}

TEST_F(CApi, MakesVectorsOfTexts) {
  const std::size_t dim = tf_engine_embedding_dim(engine_);
  ASSERT_EQ(dim, 64u);
  tf_embed_options options;
  tf_embed_options_init(&options);
  const auto embed = [&](const char* text, std::vector<float>& vector) {
    vector.assign(dim, 0.0F);
    return tf_engine_embed(engine_, text, &options, vector.data(), vector.size(), nullptr);
  };
  const auto length = [](const std::vector<float>& vector) {
    double square = 0;
    for (const float x : vector) square += static_cast<double>(x) * x;
    return std::sqrt(square);
  };
  std::vector<float> last, named, mean, raw;
  ASSERT_EQ(embed("the river", last), TF_OK);
  EXPECT_NEAR(length(last), 1, 1e-6);
  options.pooling = TF_POOLING_LAST;
  ASSERT_EQ(embed("the river", named), TF_OK);
  EXPECT_EQ(named, last) << "the default of a model that answers";
  options.pooling = TF_POOLING_MEAN;
  ASSERT_EQ(embed("the river", mean), TF_OK);
  EXPECT_NE(mean, last);
  options.normalize = false;
  ASSERT_EQ(embed("the river", raw), TF_OK);
  EXPECT_GT(std::abs(length(raw) - 1), 1e-3);

  options.cancel = tf_cancel_create();
  EXPECT_EQ(embed("the river", mean), TF_OK);
  tf_cancel_request(options.cancel);
  EXPECT_EQ(embed("the river", mean), TF_CANCELLED);
  tf_cancel_free(options.cancel);
  options.cancel = nullptr;

  EXPECT_EQ(tf_engine_embed(engine_, "x", nullptr, raw.data(), dim, nullptr), TF_OK);
  EXPECT_EQ(tf_engine_embed(engine_, "x", nullptr, raw.data(), dim - 1, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_engine_embed(engine_, "x", nullptr, nullptr, dim, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_engine_embed(engine_, nullptr, nullptr, raw.data(), dim, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_engine_embed(nullptr, "x", nullptr, raw.data(), dim, nullptr), TF_INVALID_ARGUMENT);
  options.pooling = 4;
  EXPECT_EQ(embed("x", raw), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_engine_embedding_dim(nullptr), 0u);
  tf_embed_options_init(&options);
  options.prompt_name = "query";
  EXPECT_EQ(embed("x", raw), TF_INVALID_ARGUMENT) << "the model has no prompts";
  options.prompt_name = "";
  EXPECT_EQ(embed("x", raw), TF_OK);
  tf_cancel_request(nullptr);
  tf_cancel_free(nullptr);
  tf_embed_options_init(nullptr);
}

TEST_F(CApi, ATextThatNoContextHoldsIsRefusedByItsBytes) {
  const std::string text(std::size_t{3} << 20, 'a');
  const auto expect_numbers = [&](tf_status status, tf_error* error) {
    EXPECT_EQ(status, TF_INVALID_ARGUMENT);
    const std::string message = tf_error_message(error);
    EXPECT_NE(message.find("expected at most 1048576 bytes"), std::string::npos) << message;
    EXPECT_NE(message.find("found 3145728"), std::string::npos) << message;
    tf_error_free(error);
  };
  tf_error* error = nullptr;
  tf_status status = tf_session_generate(session_, text.c_str(), false, &greedy_, nullptr, nullptr, nullptr, &error);
  expect_numbers(status, error);
  status = tf_session_chat(session_, "user", text.c_str(), &greedy_, nullptr, nullptr, nullptr, &error);
  expect_numbers(status, error);
  std::vector<float> vector(tf_engine_embedding_dim(engine_));
  status = tf_engine_embed(engine_, text.c_str(), nullptr, vector.data(), vector.size(), &error);
  expect_numbers(status, error);
}

TEST_F(CApi, NullArgumentsAreErrors) {
  EXPECT_EQ(tf_engine_open(kModel.c_str(), nullptr, nullptr, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_session_create(engine_, nullptr, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_session_generate(nullptr, "x", false, nullptr, nullptr, nullptr, nullptr, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_session_chat(session_, nullptr, "x", nullptr, nullptr, nullptr, nullptr, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_session_chat(session_, "user", nullptr, nullptr, nullptr, nullptr, nullptr, nullptr),
            TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_session_chat(nullptr, "user", "x", nullptr, nullptr, nullptr, nullptr, nullptr), TF_INVALID_ARGUMENT);
  EXPECT_EQ(tf_session_reset(nullptr, nullptr), TF_INVALID_ARGUMENT);
  tf_session_cancel(nullptr);
  tf_engine_options_init(nullptr);
  tf_generate_options_init(nullptr);
  EXPECT_EQ(tf_session_generate(session_, "", false, nullptr, nullptr, nullptr, nullptr, &error_), TF_INVALID_ARGUMENT);
}

TEST_F(CApi, ASessionOutlivesItsEngine) {
  tf_engine_free(engine_);
  engine_ = nullptr;
  std::string text;
  ASSERT_EQ(tf_session_chat(session_, "user", "the river", &greedy_, collect, &text, nullptr, &error_), TF_OK)
      << tf_error_message(error_);
  EXPECT_FALSE(text.empty());
}

TEST_F(CApi, TooManySessionsThenRoomAgain) {
  std::vector<tf_session*> others;
  tf_session* session = nullptr;
  while (tf_session_create(engine_, &session, nullptr) == TF_OK) others.push_back(session);
  EXPECT_EQ(others.size(), 3u);
  EXPECT_EQ(session, nullptr);
  tf_session_free(others.back());
  EXPECT_EQ(tf_session_create(engine_, &others.back(), &error_), TF_OK) << tf_error_message(error_);
  for (tf_session* other : others) tf_session_free(other);
}

TEST_F(CApi, AMessageThatWasCancelledBeforeItsAnswerIsNotRemembered) {
  std::string first, again;
  tf_result heard{}, result{};
  ASSERT_EQ(tf_session_chat(session_, "user", "hello", &greedy_, collect, &first, &heard, &error_), TF_OK);
  ASSERT_EQ(tf_session_reset(session_, &error_), TF_OK);

  std::atomic<bool> done = false;
  std::thread canceller([&] {
    while (!done) tf_session_cancel(session_);
  });
  std::string much;
  for (int i = 0; i < 60; ++i) much += " river";
  for (result.finish_reason = TF_FINISH_STOP; result.finish_reason != TF_FINISH_CANCELLED || result.n_tokens > 0;) {
    ASSERT_EQ(tf_session_reset(session_, &error_), TF_OK);
    if (tf_session_chat(session_, "user", much.c_str(), &greedy_, nullptr, nullptr, &result, &error_) != TF_OK) break;
  }
  done = true;
  canceller.join();
  ASSERT_EQ(result.finish_reason, TF_FINISH_CANCELLED) << tf_error_message(error_);

  ASSERT_EQ(tf_session_chat(session_, "user", "hello", &greedy_, collect, &again, &result, &error_), TF_OK);
  EXPECT_EQ(result.n_prompt_tokens, heard.n_prompt_tokens);
  EXPECT_EQ(again, first);
}

// A text that cancels a session when its first character is read: the page that it lies on cannot be read before.
// tf_session_cancel may be called from a signal handler, and this one runs within the call that reads.
class CancellingText {
 public:
  CancellingText(tf_session* session, const std::string& text) {
    session_ = session;
    n_bytes_ = (text.size() + 1 + page() - 1) / page() * page();
    text_ = static_cast<char*>(mmap(nullptr, n_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    std::copy(text.begin(), text.end(), text_);
    EXPECT_EQ(mprotect(text_, n_bytes_, PROT_NONE), 0);
    struct sigaction action{};
    action.sa_sigaction = [](int, siginfo_t*, void*) {
      tf_session_cancel(session_);
      mprotect(text_, n_bytes_, PROT_READ);
    };
    action.sa_flags = SA_SIGINFO;
    EXPECT_EQ(sigaction(SIGSEGV, &action, &before_), 0);
  }
  ~CancellingText() {
    sigaction(SIGSEGV, &before_, nullptr);
    munmap(text_, n_bytes_);
  }
  CancellingText(const CancellingText&) = delete;
  CancellingText& operator=(const CancellingText&) = delete;
  [[nodiscard]] const char* c_str() const { return text_; }

 private:
  static std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

  static inline tf_session* session_;
  static inline char* text_;
  static inline std::size_t n_bytes_;
  struct sigaction before_{};
};

TEST_F(CApi, ACancelThatComesBeforeTheFirstStepCounts) {
  std::string much;
  for (int i = 0; i < 20; ++i) much += " river";
  for (const bool chat : {true, false}) {
    tf_result result{};
    std::string heard;
    {
      const CancellingText text(session_, much);
      const tf_status status =
          chat ? tf_session_chat(session_, "user", text.c_str(), &greedy_, collect, &heard, &result, &error_)
               : tf_session_generate(session_, text.c_str(), false, &greedy_, collect, &heard, &result, &error_);
      EXPECT_EQ(status, TF_OK) << tf_error_message(error_);
    }
    EXPECT_EQ(result.finish_reason, TF_FINISH_CANCELLED);
    EXPECT_EQ(result.n_prompt_tokens, 0) << "nothing was begun";
    EXPECT_EQ(heard, "");
  }
  // It counted for that call alone, and nothing was said.
  tf_result result{}, alone{};
  ASSERT_EQ(tf_session_chat(session_, "user", "hello", &greedy_, nullptr, nullptr, &result, &error_), TF_OK);
  EXPECT_NE(result.finish_reason, TF_FINISH_CANCELLED);
  ASSERT_EQ(tf_session_reset(session_, &error_), TF_OK);
  ASSERT_EQ(tf_session_chat(session_, "user", "hello", &greedy_, nullptr, nullptr, &alone, &error_), TF_OK);
  EXPECT_EQ(result.n_prompt_tokens, alone.n_prompt_tokens);
}

TEST_F(CApi, ACancelWithoutACallIsForgotten) {
  tf_session_cancel(session_);
  tf_result result{};
  ASSERT_EQ(tf_session_chat(session_, "user", "hello", &greedy_, nullptr, nullptr, &result, &error_), TF_OK);
  EXPECT_NE(result.finish_reason, TF_FINISH_CANCELLED);
}

TEST(CApiVersion, IsThere) { EXPECT_STRNE(tf_version(), ""); }

TEST(CApiNull, MayBeFreed) {
  tf_error_free(nullptr);
  tf_session_free(nullptr);
  tf_engine_free(nullptr);
  EXPECT_EQ(tf_error_status(nullptr), TF_OK);
}

// A model that sees, and a picture as the bytes of its file.
TEST(CApiPictures, AreShownWithTheNextMessage) {
  const std::string data = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/";
  const std::string tower = data + "vision/glm4v-mmproj.gguf";
  std::ifstream in(data + "images/picture.png", std::ios::binary);
  const std::string picture{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  tf_engine_options options;
  tf_engine_options_init(&options);
  options.mmproj_path = tower.c_str();
  tf_engine* engine = nullptr;
  tf_session* session = nullptr;
  tf_error* error = nullptr;
  ASSERT_EQ(tf_engine_open((data + "vision/glm4v.gguf").c_str(), &options, &engine, &error), TF_OK)
      << tf_error_message(error);
  ASSERT_EQ(tf_session_create(engine, &session, &error), TF_OK);
  tf_generate_options greedy;
  tf_generate_options_init(&greedy);
  greedy.temperature = 0;
  greedy.max_tokens = 4;
  tf_result result{};
  const auto n_prompt = [&](const char* text) {
    EXPECT_EQ(tf_session_chat(session, "user", text, &greedy, nullptr, nullptr, &result, &error), TF_OK)
        << tf_error_message(error);
    return result.n_prompt_tokens;
  };
  const int blind = n_prompt("What is it?");
  ASSERT_EQ(tf_session_reset(session, &error), TF_OK);
  int32_t width = -1, height = -1;
  EXPECT_EQ(tf_session_shown_size(session, &width, &height, &error), TF_FAILED_PRECONDITION);
  tf_error_free(error);
  ASSERT_EQ(tf_session_show(session, picture.data(), picture.size(), 0, &error), TF_OK) << tf_error_message(error);
  ASSERT_EQ(tf_session_shown_size(session, &width, &height, &error), TF_OK);
  EXPECT_EQ(width, 3 * 28);
  EXPECT_EQ(height, 5 * 28);
  const int seeing = n_prompt("What is it?");
  EXPECT_EQ(seeing, blind + 2 + 3 * 5);  // 97 by 131 pixels
  EXPECT_GT(n_prompt("And now?"), seeing);
  EXPECT_GE(result.n_reused_tokens, seeing - 1) << "the picture is not read again";
  EXPECT_EQ(tf_session_shown_size(session, &width, &height, &error), TF_OK) << "it was shown with an earlier message";

  EXPECT_EQ(tf_session_show(session, "no picture", 10, 0, &error), TF_UNSUPPORTED);
  tf_error_free(error);
  EXPECT_EQ(tf_session_show(session, nullptr, 0, 0, &error), TF_INVALID_ARGUMENT);
  tf_error_free(error);
  EXPECT_EQ(tf_session_show(session, picture.data(), picture.size(), 5, &error), TF_INVALID_ARGUMENT);
  tf_error_free(error);
  EXPECT_EQ(tf_session_shown_size(session, &width, nullptr, &error), TF_INVALID_ARGUMENT);
  tf_error_free(error);
  ASSERT_EQ(tf_session_reset(session, &error), TF_OK);
  EXPECT_EQ(tf_session_shown_size(session, &width, &height, &error), TF_FAILED_PRECONDITION);
  tf_error_free(error);
  tf_session_free(session);
  tf_engine_free(engine);
}

}  // namespace
