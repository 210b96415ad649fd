// Engines that share a host: nobody's answer depends on who else is there, and together they take no more than one.
#include "engine/host.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "engine/engine_impl.h"
#include "engine/forks_testing.h"
#include "engine/requests_testing.h"
#include "model_file/temp_folder_testing.h"
#include "runtime/thread_count_testing.h"
#include "tenfold/host.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

const std::string kOtherModel = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/models/llama-k-types.gguf";

std::shared_ptr<Engine> open_at(const std::string& path, int n_threads, std::shared_ptr<Host> host = nullptr) {
  EngineOptions options;
  options.n_threads = n_threads;
  options.n_ctx = 512;
  options.use_cache = false;
  options.host = std::move(host);
  auto engine = Engine::open(path, options);
  EXPECT_TRUE(engine.ok()) << engine.status().to_string();
  return std::move(engine).value();
}

std::vector<float> logits_of(Engine& engine, int n_tokens) {
  auto session = engine.create_session();
  EXPECT_TRUE(session.ok()) << session.status().to_string();
  auto logits = (*session)->logits(some_tokens(n_tokens), LogitRows::kAll);
  EXPECT_TRUE(logits.ok()) << logits.status().to_string();
  return std::move(logits).value();
}

std::vector<TokenId> answer_of(Engine& engine, int n_tokens) {
  auto session = engine.create_session();
  EXPECT_TRUE(session.ok()) << session.status().to_string();
  auto result = (*session)->generate(some_tokens(40), greedy(n_tokens), nullptr);
  EXPECT_TRUE(result.ok()) << result.status().to_string();
  return std::move(result)->tokens;
}

TEST(Host, EnginesOfAProcessShareOneUntilTheLastIsGone) {
  const auto one = std::static_pointer_cast<EngineImpl>(open_at(kTinyModel, 1));
  const auto other = std::static_pointer_cast<EngineImpl>(open_at(kOtherModel, 2));
  const auto apart = std::static_pointer_cast<EngineImpl>(open_at(kTinyModel, 1, *create_host({})));
  EXPECT_EQ(&one->scheduler(), &other->scheduler());
  EXPECT_NE(&one->scheduler(), &apart->scheduler());
}

TEST(Host, BesideAnotherEngineTheBitsAreTheSame) {
  const std::vector<float> first_alone = logits_of(*open_at(kTinyModel, 3), 150);
  const std::vector<float> second_alone = logits_of(*open_at(kOtherModel, 2), 150);
  const auto first = open_at(kTinyModel, 3), second = open_at(kOtherModel, 2);
  std::thread beside([&] {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(logits_of(*second, 150), second_alone);
  });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(logits_of(*first, 150), first_alone);
  beside.join();
}

TEST(Host, ThereAreAsManyThreadsAsTheLargestEngineAskedFor) {
  const int before = settled_thread_count();
  {
    auto small = open_at(kTinyModel, 2);
    const int n_small = small->info().n_threads;
    EXPECT_EQ(thread_count_awaited(before + n_small - 1), before + n_small - 1);
    const auto large = open_at(kOtherModel, 4);
    const int n_large = large->info().n_threads;
    EXPECT_EQ(thread_count_awaited(before + n_large - 1), before + n_large - 1);
    std::atomic<int> most = 0;
    std::atomic<bool> stop = false;
    std::thread watch([&] {
      while (!stop) most = std::max(most.load(), thread_count());
    });
    std::thread beside([&] { answer_of(*large, 60); });
    answer_of(*small, 60);
    beside.join();
    stop = true;
    watch.join();
    EXPECT_LE(most, before + 2 + n_large - 1) << "and the two threads of this test";
  }
  EXPECT_EQ(thread_count_awaited(before), before) << "they go with the last engine";
}

// Opening starts threads and reads weights in turns with the steps of the engine that answers meanwhile.
TEST(Host, EnginesComeAndGoWhileAnotherAnswers) {
  const auto engine = open_at(kTinyModel, 1);
  const std::vector<TokenId> expected = answer_of(*engine, 30);
  std::atomic<bool> stop = false;
  std::atomic<int> n_answers = 0;
  std::thread answering([&] {
    while (!stop) {
      EXPECT_EQ(answer_of(*engine, 30), expected);
      ++n_answers;
    }
  });
  for (int i = 0; i < 12; ++i) {
    const auto other = open_at(kOtherModel, 1 + i % 4);
    if (i % 3 == 0) {
      EXPECT_EQ(answer_of(*other, 3).size(), 3U);
    }
  }
  while (n_answers < 2) std::this_thread::yield();
  stop = true;
  answering.join();
}

TEST(Host, AProgressCallbackMayUseAnotherEngineOfTheHost) {
  const auto engine = open_at(kTinyModel, 2);
  const std::vector<TokenId> expected = answer_of(*engine, 5);
  int n_calls = 0;
  EngineOptions options;
  options.use_cache = false;
  options.on_load_progress = [&](double) {
    if (++n_calls % 10 == 1) {
      EXPECT_EQ(answer_of(*engine, 5), expected);
    }
    return true;
  };
  EXPECT_TRUE(Engine::open(kOtherModel, options).ok());
  EXPECT_GT(n_calls, 0);
}

TEST(Host, ASecondEngineIsRefusedWithTheSumWhereOneAloneFits) {
  EngineOptions options;
  options.memory_limit_bytes = 1;
  const std::string refusal = Engine::open(kTinyModel, options).status().to_string();
  const std::uint64_t needed = std::strtoull(refusal.c_str() + refusal.find("make ") + 5, nullptr, 10);
  options.memory_limit_bytes = 0;
  options.host = *create_host({.memory_limit_bytes = needed + needed / 2});
  const auto open_one = [&] { return Engine::open(kTinyModel, options); };
  {
    const auto first = open_one();
    ASSERT_TRUE(first.ok()) << first.status().to_string();
    const Status second = open_one().status();
    EXPECT_EQ(second.code(), StatusCode::kResourceExhausted);
    EXPECT_NE(second.message().find(" that other models of this process were promised"), std::string_view::npos)
        << second.to_string();
    EXPECT_TRUE((*first)->create_session().ok()) << "the first is as it was";
  }
  EXPECT_TRUE(open_one().ok());
}

#ifdef TENFOLD_TEST_FORKS
enum ChildOutcome { kSameAnswers = 10, kOtherAnswer, kNoNewEngine, kRefused, kNotRefused };

bool is_refused_for_the_fork(const Status& status) {
  return status.code() == StatusCode::kFailedPrecondition && status.message().find("fork") != std::string_view::npos;
}

// An engine that nobody was using goes on, one that is opened now works, though the host had another at work.
ChildOutcome answer_in_the_child(Engine& idle, const std::vector<TokenId>& expected) {
  if (answer_of(idle, 20) != expected) return kOtherAnswer;
  EngineOptions options;
  options.n_threads = 2;
  options.use_cache = false;
  const auto opened = Engine::open(kTinyModel, options);
  if (!opened.ok()) return kNoNewEngine;
  return answer_of(**opened, 20) == expected ? kSameAnswers : kOtherAnswer;
}

TEST(Host, AChildGoesOnWithAnEngineThatNobodyWasUsing) {
  const auto idle = open_at(kTinyModel, 2), busy = open_at(kOtherModel, 2);
  const std::vector<TokenId> expected = answer_of(*idle, 20);
  std::atomic<bool> stop = false;
  std::thread at_work([&] {
    while (!stop) answer_of(*busy, 50);
  });
  for (int i = 0; i < 5; ++i) {
    expect_in_a_child(kSameAnswers, [&] { return answer_in_the_child(*idle, expected); });
  }
  stop = true;
  at_work.join();
}

TEST(Host, AChildFreesAnEngineWhoeverWasAtWorkOnItsThreads) {
  auto engine = open_at(kTinyModel, 3);
  const auto busy = open_at(kOtherModel, 3);
  auto session = std::move(engine->create_session()).value();
  std::atomic<bool> stop = false;
  std::thread at_work([&] {
    while (!stop) answer_of(*busy, 50);
  });
  for (int i = 0; i < 20; ++i) {
    expect_in_a_child(kSameAnswers, [&] {
      session.reset();
      engine.reset();
      return kSameAnswers;
    });
  }
  stop = true;
  at_work.join();
}

// Sessions of the engine go on; a text whose vector was being made is lost, and so is a session that was answering.
TEST(Host, AChildRefusesWhatAnotherThreadWasDoing) {
  const auto engine = std::static_pointer_cast<EngineImpl>(open_at(kTinyModel, 2));
  const std::vector<TokenId> expected = answer_of(*engine, 20);
  const auto session = std::move(engine->create_session()).value();
  std::thread embeds, answers;
  {
    const auto turn = engine->scheduler().take_short_turn();  // both wait for it, within their calls
    embeds = std::thread([&] { EXPECT_TRUE(engine->embed(some_tokens(40), {}).ok()); });
    answers = std::thread([&] { EXPECT_TRUE(session->generate(some_tokens(40), greedy(5), nullptr).ok()); });
    while (engine->scheduler().n_waiting() < 2) std::this_thread::yield();
    expect_in_a_child(kRefused, [&] {
      return is_refused_for_the_fork(engine->embed(some_tokens(40), {}).status()) &&
                     is_refused_for_the_fork(session->append(some_tokens(3)))
                 ? kRefused
                 : kNotRefused;
    });
  }
  embeds.join();
  answers.join();
  expect_in_a_child(kSameAnswers, [&] { return answer_of(*engine, 20) == expected ? kSameAnswers : kOtherAnswer; });
  EXPECT_TRUE(engine->embed(some_tokens(40), {}).ok());
}

// It is in that call, too, which ends there as in the parent.
TEST(Host, AChildOfACallbackGoesOnWithItsSessionWhenTheCallIsOver) {
  const auto engine = open_at(kTinyModel, 2);
  const auto session = std::move(engine->create_session()).value();
  pid_t child = -1;
  bool is_refused = false;
  const auto answer = session->generate(some_tokens(40), greedy(20), [&](std::string_view) {
    if (child < 0) child = fork();
    if (child == 0) {
      alarm(60);
      const Status inner = session->append(some_tokens(3));
      is_refused = is_refused_for_the_fork(inner) && inner.message().find("own") != std::string_view::npos;
    }
    return true;
  });
  if (child == 0)
    _exit(is_refused && answer.ok() && session->append(some_tokens(3)).ok() ? kSameAnswers : kOtherAnswer);
  EXPECT_TRUE(answer.ok());
  expect_exit_of(child, kSameAnswers);
}

// Its vocabulary is made by a thread that is not there, however far that was.
TEST(Host, AChildRefusesToGoOnOpeningAnEngine) {
  for (const bool goes_on : {true, false}) {
    for (int i = 0; i < 10; ++i) {
      pid_t child = -1;
      EngineOptions options;
      options.n_threads = 2;
      options.use_cache = false;
      options.on_load_progress = [&](double) {
        if (child < 0) child = fork();
        if (child == 0) alarm(60);
        return child != 0 || goes_on;
      };
      const Status opened = Engine::open(kTinyModel, options).status();
      if (child == 0) _exit(is_refused_for_the_fork(opened) ? kRefused : kNotRefused);
      EXPECT_TRUE(opened.ok()) << opened.to_string();
      expect_exit_of(child, kRefused);
    }
  }
}

// The thread that stores them has the lock nearly always.
TEST(Host, AChildLeavesStoringTheWeightsToItsParent) {
  EngineOptions options;
  options.n_threads = 2;
  options.cache_min_bytes = 0;
  for (int i = 0; i < 20; ++i) {
    const TempFolder folder;
    options.cache_folder = folder.path("cache");
    auto opened = Engine::open(kTinyModel, options);
    ASSERT_TRUE(opened.ok()) << opened.status().to_string();
    auto engine = std::move(opened).value();
    const std::vector<TokenId> expected = answer_of(*engine, 2);
    expect_in_a_child(kSameAnswers, [&] {
      const Status stored = engine->wait_until_stored(nullptr);
      if (!stored.ok() && !is_refused_for_the_fork(stored)) return kNotRefused;
      if (answer_of(*engine, 2) != expected) return kOtherAnswer;
      engine.reset();
      return kSameAnswers;
    });
    EXPECT_TRUE(engine->wait_until_stored(nullptr).ok());
    engine.reset();
    EXPECT_TRUE(std::move(Engine::open(kTinyModel, options)).value()->info().came_packed);
  }
}
#endif

}  // namespace
}  // namespace tenfold
