// Several conversations at once while somebody cancels them without mercy. Meant for ThreadSanitizer, too.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tenfold/c_api.h"

namespace {

const std::string kStressedModel = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/models/llama-q4_0.gguf";

bool keep(const char* text, size_t n, void* to) {
  static_cast<std::string*>(to)->append(text, n);
  return true;
}

// A conversation with a prompt and seed of its own.
struct Speaker {
  tf_session* session = nullptr;
  std::string prompt;
  tf_generate_options options{};

  Speaker(tf_engine* engine, int number) {
    EXPECT_EQ(tf_session_create(engine, &session, nullptr), TF_OK);
    for (int i = 0; i < 60; ++i) prompt += "river " + std::to_string(number * 100 + i);
    tf_generate_options_init(&options);
    options.max_tokens = 12;
    options.temperature = 1.3F;
    options.seed = static_cast<std::uint64_t>(number);
    options.has_seed = true;
  }

  tf_finish_reason speak(std::string& text) const {
    tf_result result{};
    tf_error* error = nullptr;
    EXPECT_EQ(tf_session_generate(session, prompt.c_str(), false, &options, keep, &text, &result, &error), TF_OK)
        << tf_error_message(error);
    tf_error_free(error);
    return result.finish_reason;
  }

  std::string speak_afresh() const {
    EXPECT_EQ(tf_session_reset(session, nullptr), TF_OK);
    std::string text;
    EXPECT_NE(speak(text), TF_FINISH_CANCELLED);
    return text;
  }
};

// An answer that is cut inside a character ends with U+FFFD for each byte there is of it.
bool is_beginning(std::string_view text, std::string_view whole) {
  constexpr std::string_view kReplacement = "\uFFFD";
  for (int unfinished = 0; unfinished <= 3; ++unfinished) {
    if (whole.starts_with(text)) return true;
    if (!text.ends_with(kReplacement)) return false;
    text.remove_suffix(kReplacement.size());
  }
  return false;
}

TEST(CApiStress, ACancelStormChangesNoAnswer) {
  tf_engine_options options;
  tf_engine_options_init(&options);
  options.n_threads = 3;
  options.n_ctx = 2048;
  tf_engine* engine = nullptr;
  ASSERT_EQ(tf_engine_open(kStressedModel.c_str(), &options, &engine, nullptr), TF_OK);
  std::vector<Speaker> speakers;
  std::vector<std::string> expected;
  for (int i = 0; i < 3; ++i) {
    speakers.emplace_back(engine, i);
    expected.push_back(speakers.back().speak_afresh());
  }

  std::atomic<int> n_cancelled = 0, n_speaking = 3;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < speakers.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 25; ++round) {
        if (round % 5 == 0) {
          EXPECT_EQ(tf_session_reset(speakers[i].session, nullptr), TF_OK);
        }
        std::string text;
        if (speakers[i].speak(text) == TF_FINISH_CANCELLED) {
          ++n_cancelled;
          EXPECT_TRUE(is_beginning(text, expected[i])) << "cancelled: " << text << "; whole: " << expected[i];
        } else {
          EXPECT_EQ(text, expected[i]);
        }
      }
      --n_speaking;
    });
  }
  for (unsigned at = 0; n_speaking > 0; ++at) {
    tf_session_cancel(speakers[at % speakers.size()].session);
    std::this_thread::sleep_for(std::chrono::microseconds(100 + at * 977 % 6000));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(n_cancelled, 0);
  for (std::size_t i = 0; i < speakers.size(); ++i) EXPECT_EQ(speakers[i].speak_afresh(), expected[i]);
  for (const Speaker& speaker : speakers) tf_session_free(speaker.session);
  tf_engine_free(engine);
}

TEST(CApiStress, SessionsComeAndGoWhileOthersSpeak) {
  tf_engine_options options;
  tf_engine_options_init(&options);
  options.n_threads = 2;
  options.n_ctx = 1024;
  tf_engine* engine = nullptr;
  ASSERT_EQ(tf_engine_open(kStressedModel.c_str(), &options, &engine, nullptr), TF_OK);
  std::string expected;
  {
    const Speaker speaker(engine, 7);
    expected = speaker.speak_afresh();
    tf_session_free(speaker.session);
  }
  // As many as there are places: one that is given back must be free at once.
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 8; ++round) {
        const Speaker speaker(engine, 7);
        EXPECT_EQ(speaker.speak_afresh(), expected);
        tf_session_free(speaker.session);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  tf_engine_free(engine);
}

}  // namespace
