// Several conversations at once while somebody cancels them without mercy. Meant for ThreadSanitizer, too.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "c_api/owned_handles_testing.h"

namespace {

// A conversation with a prompt and seed of its own.
struct Speaker {
  Owned<tf_session> session;
  Owned<tf_generate_options> options = made<tf_generate_options>(tf_generate_options_create);
  std::string prompt;

  Speaker(tf_engine* engine, int number) : session(open_session(engine)) {
    for (int i = 0; i < 60; ++i) prompt += "river " + std::to_string(number * 100 + i);
    tf_generate_options_set_max_tokens(options.get(), 12);
    tf_generate_options_set_temperature(options.get(), 1.3F);
    tf_generate_options_set_seed(options.get(), static_cast<std::uint64_t>(number));
  }

  // cancel: may be null.
  [[nodiscard]] Owned<tf_answer> speak(tf_cancel* cancel) const {
    EXPECT_EQ(tf_generate_options_set_cancel(options.get(), cancel), TF_OK);
    return generate(session.get(), prompt, options.get());
  }

  [[nodiscard]] std::string speak_afresh() const {
    EXPECT_EQ(tf_session_reset(session.get(), nullptr), TF_OK);
    const auto answer = speak(nullptr);
    EXPECT_NE(tf_answer_finish_reason(answer.get()), TF_FINISH_CANCELLED);
    return text_of(answer.get());
  }
};

Owned<tf_engine> open_stressed(int32_t n_threads, int32_t n_ctx) {
  const auto options = made<tf_engine_options>(tf_engine_options_create);
  EXPECT_EQ(tf_engine_options_set_n_threads(options.get(), n_threads), TF_OK);
  EXPECT_EQ(tf_engine_options_set_n_ctx(options.get(), n_ctx), TF_OK);
  return open_engine(kTinyLlama, options.get());
}

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
  const auto engine = open_stressed(3, 2048);
  std::vector<Speaker> speakers;
  std::vector<std::string> expected;
  for (int i = 0; i < 3; ++i) {
    speakers.emplace_back(engine.get(), i);
    expected.push_back(speakers.back().speak_afresh());
  }

  std::atomic<int> n_cancelled = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < speakers.size(); ++i) {
    threads.emplace_back([&, i] {
      for (unsigned round = 0; round < 25; ++round) {
        if (round % 5 == 0) {
          EXPECT_EQ(tf_session_reset(speakers[i].session.get(), nullptr), TF_OK);
        }
        const auto cancel = made<tf_cancel>(tf_cancel_create);
        if (round % 5 == 1) tf_cancel_request(cancel.get());  // some come before the call, however fast the machine is
        std::thread canceller([&, delay = std::chrono::microseconds(100 + (round + 9 * i) * 977 % 12000)] {
          std::this_thread::sleep_for(delay);
          tf_cancel_request(cancel.get());
        });
        const auto answer = speakers[i].speak(cancel.get());
        canceller.join();
        const std::string text = text_of(answer.get());
        if (tf_answer_finish_reason(answer.get()) == TF_FINISH_CANCELLED) {
          ++n_cancelled;
          EXPECT_TRUE(is_beginning(text, expected[i])) << "cancelled: " << text << "; whole: " << expected[i];
        } else {
          EXPECT_EQ(text, expected[i]);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(n_cancelled, 3 * 25 / 5);
  for (std::size_t i = 0; i < speakers.size(); ++i) EXPECT_EQ(speakers[i].speak_afresh(), expected[i]);
}

TEST(CApiStress, SessionsComeAndGoWhileOthersSpeak) {
  const auto engine = open_stressed(2, 1024);
  const std::string expected = Speaker(engine.get(), 7).speak_afresh();
  // As many as there are places: one that is given back must be free at once.
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 8; ++round) EXPECT_EQ(Speaker(engine.get(), 7).speak_afresh(), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
