#include "tenfold/cancel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "engine/cancelled_run.h"
#include "engine/forks_testing.h"
#include "engine/requests_testing.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

TEST(Cancel, StopsARunThatBeginsLater) {
  const auto engine = open_tiny();
  const auto session = std::move(engine->create_session()).value();
  Cancel cancel;
  cancel.request();
  GenerateOptions options = greedy(8);
  options.cancel = &cancel;
  for (int i = 0; i < 2; ++i) {  // it stays
    const auto result = session->generate(some_tokens(4), options, nullptr);
    ASSERT_TRUE(result.ok()) << result.status().to_string();
    EXPECT_EQ(result->finish_reason, FinishReason::kCancelled);
    EXPECT_TRUE(result->tokens.empty());
  }
  options.cancel = nullptr;
  EXPECT_EQ(session->generate(some_tokens(4), options, nullptr)->tokens.size(), 8u) << "others are left alone";
}

TEST(Cancel, StopsARunFromAnotherThread) {
  const auto engine = open_tiny();
  const auto session = std::move(engine->create_session()).value();
  Cancel cancel;
  GenerateOptions options = greedy(200);
  options.cancel = &cancel;
  const auto result = session->generate(some_tokens(4), options, [&](std::string_view) {
    std::thread([&] { cancel.request(); }).join();
    return true;
  });
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->finish_reason, FinishReason::kCancelled);
  EXPECT_LT(result->tokens.size(), 200u);
}

TEST(Cancel, IsNeverLostWheneverItComes) {
  const auto engine = open_tiny();
  const auto session = std::move(engine->create_session()).value();
  for (int round = 0; round < 50; ++round) {
    Cancel cancel;
    GenerateOptions options = greedy(-1);
    options.cancel = &cancel;
    std::thread other([&] { cancel.request(); });
    // The request may come before the run, while it reads, or between tokens, of which the last waits for it.
    int n_pieces = 0;
    const auto on_text = [&](std::string_view) {
      while (++n_pieces > 20 && !cancel.requested()) std::this_thread::yield();
      return true;
    };
    EXPECT_EQ(session->generate(some_tokens(4), options, on_text)->finish_reason, FinishReason::kCancelled);
    other.join();
  }
}

TEST(Cancel, MayBeRequestedInASignalHandler) {
  static Cancel cancel;
  const auto engine = open_tiny();
  const auto session = std::move(engine->create_session()).value();
  const auto before = std::signal(SIGUSR1, [](int) { cancel.request(); });
  GenerateOptions options = greedy(200);
  options.cancel = &cancel;
  const auto result = session->generate(some_tokens(4), options, [](std::string_view) {
    std::raise(SIGUSR1);
    return true;
  });
  std::signal(SIGUSR1, before);
  EXPECT_EQ(result->finish_reason, FinishReason::kCancelled);
}

TEST(Cancel, TakesAsManyRunsAsItSays) {
  Cancel cancel;
  std::atomic<bool> flag = false;
  Doorbell bell;
  std::vector<std::unique_ptr<CancelledRun>> runs;
  for (int i = 0; i < Cancel::kMaxRuns; ++i) {
    runs.push_back(std::make_unique<CancelledRun>(flag, bell));
    ASSERT_TRUE(runs.back()->enter(&cancel).ok());
  }
  CancelledRun another(flag, bell);
  EXPECT_EQ(another.enter(&cancel).code(), StatusCode::kResourceExhausted);
  runs.pop_back();
  EXPECT_TRUE(another.enter(&cancel).ok());
}

#ifdef TENFOLD_TEST_FORKS
constexpr int kStopped = 0, kNotStopped = 1;

// Where a lost thread's run was, the child has something else.
TEST(Cancel, InAChildRunsOfThreadsThatAreNotThereAreLeftAlone) {
  Cancel cancel;
  std::atomic<bool> flag = false;
  Doorbell bell;
  alignas(CancelledRun) std::byte room[sizeof(CancelledRun)];
  std::atomic<bool> is_entered = false, stop = false;
  std::thread other([&] {
    CancelledRun* const run = new (room) CancelledRun(flag, bell);
    EXPECT_TRUE(run->enter(&cancel).ok());
    is_entered = true;
    while (!stop) std::this_thread::yield();
    run->~CancelledRun();
  });
  while (!is_entered) std::this_thread::yield();
  expect_in_a_child(kStopped, [&] {
    std::memset(room, 0x41, sizeof(room));
    std::atomic<bool> its_flag = false;
    std::vector<std::unique_ptr<CancelledRun>> runs;
    for (int i = 0; i < Cancel::kMaxRuns; ++i) {
      runs.push_back(std::make_unique<CancelledRun>(its_flag, bell));
      if (!runs.back()->enter(&cancel).ok()) return kNotStopped;
    }
    cancel.request();
    return its_flag && !flag ? kStopped : kNotStopped;
  });
  stop = true;
  other.join();
}

TEST(Cancel, AChildDoesNotWaitForTheRequestsOfItsParent) {
  Cancel cancel;
  std::atomic<bool> flag = false, stop = false;
  Doorbell bell;
  cancel.request();
  std::thread other([&] {
    while (!stop) cancel.request();
  });
  for (int i = 0; i < 50; ++i) {
    expect_in_a_child(kStopped, [&] {
      CancelledRun run(flag, bell);
      return run.enter(&cancel).ok() && flag ? kStopped : kNotStopped;
    });
  }
  stop = true;
  other.join();
}

TEST(Cancel, StopsInTheChildARunThatForked) {
  const auto engine = open_tiny();
  const auto session = std::move(engine->create_session()).value();
  Cancel cancel;
  GenerateOptions options = greedy(200);
  options.cancel = &cancel;
  pid_t child = -1;
  const auto result = session->generate(some_tokens(4), options, [&](std::string_view) {
    if (child < 0) child = fork();
    if (child == 0) {
      alarm(60);
      cancel.request();
    }
    return true;
  });
  const bool is_cancelled = result.ok() && result->finish_reason == FinishReason::kCancelled;
  if (child == 0) _exit(is_cancelled ? kStopped : kNotStopped);
  EXPECT_FALSE(is_cancelled) << "the parent's goes on";
  expect_exit_of(child, kStopped);
}
#endif

TEST(StopTokens, EndAnAnswerAndAreNotPartOfIt) {
  const auto engine = open_tiny();
  const auto session = std::move(engine->create_session()).value();
  GenerateOptions options = greedy(8);
  const auto all = session->generate(some_tokens(4), options, nullptr)->tokens;
  options.stop_tokens = {all[5]};
  const auto cut = session->generate(some_tokens(4), options, nullptr);
  EXPECT_EQ(cut->finish_reason, FinishReason::kStop);
  EXPECT_LE(cut->tokens.size(), 5u);
  options.stop_tokens = {-1};
  EXPECT_EQ(session->generate(some_tokens(4), options, nullptr).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tenfold
