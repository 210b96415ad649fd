// What an engine does where memory is short: it counts before it takes, and says the sum.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/engine_impl.h"
#include "engine/requests_testing.h"
#include "tenfold/engine.h"
#include "tenfold/host.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

constexpr std::uint64_t kMegabyte = 1'000'000;

// The bytes that an engine with these options needs for one session.
std::uint64_t needed_bytes(EngineOptions options) {
  options.memory_limit_bytes = 1;
  const std::string text = Engine::open(kTinyModel, options).status().to_string();
  const std::size_t at = text.find("make ");
  EXPECT_NE(at, std::string::npos) << text;
  return std::strtoull(text.c_str() + at + 5, nullptr, 10);
}

void expect_refusal(const Status& status, StatusCode code, std::string_view part) {
  EXPECT_EQ(status.code(), code) << status.to_string();
  EXPECT_NE(status.message().find(part), std::string_view::npos) << status.to_string();
}

TEST(EngineMemory, RowsOfLogitsCount) {
  EngineOptions options;
  options.n_ctx = 4096;
  options.memory_limit_bytes = needed_bytes(options) + 2 * kMegabyte;
  const auto engine = open_tiny(options);
  const auto session = *engine->create_session();
  const std::vector<TokenId> few = some_tokens(400);
  const std::vector<TokenId> many = some_tokens(4000);  // 320 floats each
  EXPECT_TRUE(session->logits(few, LogitRows::kAll).ok());
  expect_refusal(session->logits(many, LogitRows::kAll).status(), StatusCode::kResourceExhausted, "to work in make ");
  EXPECT_TRUE(session->logits(many, LogitRows::kLast).ok());

  std::size_t n_floats = 0;
  const Status streamed = session->stream_logits(many, [&](std::span<const float> rows) {
    n_floats += rows.size();
    return Status();
  });
  EXPECT_TRUE(streamed.ok()) << streamed.to_string();
  EXPECT_EQ(n_floats, many.size() * static_cast<std::size_t>(engine->info().vocab_size));
}

TEST(EngineMemory, StreamedLogitsAreTheSameAndStopWhenTold) {
  const auto engine = open_tiny({});
  const auto session = *engine->create_session();
  const std::vector<TokenId> tokens = some_tokens(200);
  const std::vector<float> all = *session->logits(tokens, LogitRows::kAll);
  std::vector<float> streamed;
  ASSERT_TRUE(session
                  ->stream_logits(tokens,
                                  [&](std::span<const float> rows) {
                                    streamed.insert(streamed.end(), rows.begin(), rows.end());
                                    return Status();
                                  })
                  .ok());
  EXPECT_EQ(streamed, all);
  int n_calls = 0;
  const Status stopped = session->stream_logits(tokens, [&](std::span<const float>) {
    ++n_calls;
    return Status(StatusCode::kIoError, "the disk is full");
  });
  EXPECT_EQ(stopped.code(), StatusCode::kIoError);
  EXPECT_EQ(n_calls, 1);
}

TEST(EngineMemory, ATextThatNoContextHoldsIsNotLookedAt) {
  const auto engine = open_tiny({});
  const std::uint64_t limit = engine->info().max_text_bytes;
  EXPECT_GE(limit, std::uint64_t{1} << 20);
  const std::string fits(limit, 'a');
  const std::string text = fits + "a";
  const std::string numbers = "expected at most " + std::to_string(limit) + " bytes";
  const auto found = [limit](std::uint64_t n_more) { return "found " + std::to_string(limit + n_more); };
  EXPECT_TRUE(engine->tokenize(fits, {}).ok());
  for (const Status& status : {engine->tokenize(text, {}).status(), engine->embed(text, {}).status()}) {
    expect_refusal(status, StatusCode::kInvalidArgument, numbers);
    expect_refusal(status, StatusCode::kInvalidArgument, found(1));
  }
  const Status chat = engine->render_chat(std::vector<Message>{{"user", text}}, {}).status();
  expect_refusal(chat, StatusCode::kInvalidArgument, numbers);
  expect_refusal(chat, StatusCode::kInvalidArgument, found(1 + std::string_view("user").size()));
}

TEST(EngineMemory, MuchJsonIsRefusedBeforeItIsRead) {
  const auto engine = open_tiny({});
  const std::string json(kMaxChatJsonBytes + 1, '[');
  for (const auto member : {&ChatOptions::messages_json, &ChatOptions::tools_json, &ChatOptions::variables_json}) {
    ChatOptions options;
    options.*member = json;
    expect_refusal(engine->render_chat(std::vector<Message>{{"user", "a"}}, options).status(),
                   StatusCode::kResourceExhausted, "_json: expected at most 16777216 bytes, found 16777217");
  }
}

TEST(EngineMemory, WorkOfAChatAndOfATextCount) {
  EngineOptions options;
  options.memory_limit_bytes = needed_bytes(options) + 4 * kMegabyte;
  const auto engine = open_tiny(options);
  const std::string text(900'000, 'a');
  expect_refusal(engine->tokenize(text, {}).status(), StatusCode::kResourceExhausted, " make ");
  ChatOptions chat;
  for (int i = 0; i < 100'000; ++i) chat.messages_json += i == 0 ? "[[]" : ",[]";
  chat.messages_json += "]";
  expect_refusal(engine->render_chat({}, chat).status(), StatusCode::kResourceExhausted, " make ");
  EXPECT_TRUE(engine->tokenize("a short one", {}).ok());
}

TEST(EngineMemory, ListsOfASessionCount) {
  EngineOptions options;
  options.n_ctx = 1024;
  const std::uint64_t small = needed_bytes(options);
  options.n_ctx = 2048;
  const std::uint64_t large = needed_bytes(options);
  const auto impl = std::static_pointer_cast<EngineImpl>(open_tiny(options));
  EXPECT_GT(large - small, impl->model().cache_bytes / 2 + 1024 * 4) << "the KV cache and more";
}

// A session is keys and values more than all else together.
EngineOptions with_large_sessions() {
  EngineOptions options;
  options.precision = Precision::kExact;
  options.n_ctx = 2048;
  options.n_threads = 1;
  options.use_cache = false;
  return options;
}

TEST(EngineMemory, ATextHasItsRoomForTheWholeCall) {
  EngineOptions options = with_large_sessions();
  const std::uint64_t session_bytes = std::static_pointer_cast<EngineImpl>(open_tiny(options))->model().cache_bytes;
  options.memory_limit_bytes = needed_bytes(options) + session_bytes * 3 / 2;  // one more, and not two
  const auto engine = std::static_pointer_cast<EngineImpl>(open_tiny(options));
  const auto session = *engine->create_session();
  std::thread embeds;
  {
    const auto turn = engine->scheduler().take_short_turn();  // it waits for it, within its call
    embeds = std::thread([&] { EXPECT_TRUE(engine->embed(some_tokens(40), {}).ok()); });
    while (engine->scheduler().n_waiting() < 1) std::this_thread::yield();
    expect_refusal(engine->create_session().status(), StatusCode::kResourceExhausted, "sessions: 3) ");
  }
  embeds.join();
  const auto second = engine->create_session();
  ASSERT_TRUE(second.ok()) << second.status().to_string();
  expect_refusal(engine->embed(some_tokens(40), {}).status(), StatusCode::kResourceExhausted, "sessions: 3) ");
}

std::uint64_t resident_bytes() {
  std::uint64_t mapped = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> mapped >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// Fills as many sessions as it may have, and closes them.
void fill_sessions(Engine& engine) {
  std::vector<std::unique_ptr<Session>> sessions;
  for (auto session = engine.create_session(); session.ok(); session = engine.create_session()) {
    sessions.push_back(std::move(session).value());
    ASSERT_TRUE(sessions.back()->append(some_tokens(2000)).ok());
  }
}

TEST(EngineMemory, WhatClosedSessionsHadTouchedIsNotBesideWhatOthersArePromised) {
  constexpr std::uint64_t kLimit = 12 * kMegabyte;
  EngineOptions options = with_large_sessions();
  options.host = *create_host({.memory_limit_bytes = kLimit});
  std::vector<std::shared_ptr<Engine>> engines;
  fill_sessions(*open_tiny(with_large_sessions()));  // code and heap count to nobody
  [[maybe_unused]] const std::uint64_t before = resident_bytes();
  std::uint64_t touched = 0;
  for (auto engine = Engine::open(kTinyModel, options); engine.ok(); engine = Engine::open(kTinyModel, options)) {
    engines.push_back(std::move(engine).value());
    fill_sessions(*engines.back());
    const auto& model = std::static_pointer_cast<EngineImpl>(engines.back())->model();
    EXPECT_LE(model.kv_pool->bytes_touched(), model.cache_bytes) << "what one session is promised";
    touched += model.in_use().touched;
  }
  EXPECT_GE(engines.size(), 4U);
  EXPECT_LE(touched, kLimit);
#if !defined(TENFOLD_SANITIZED) && !defined(__aarch64__)  // qemu-user, which runs arm64 here, has memory of its own
  EXPECT_LE(resident_bytes(), before + kLimit);
#endif
}

#ifndef TENFOLD_SANITIZED
enum Outcome { kAsExpected = 10, kLimitIgnored, kNoLimit, kNotOpened, kNoSession, kNotRefused, kOtherError };

// Room for two KV caches of 250 MB, where max_sessions promises eight.
Outcome open_in_a_small_address_space() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t bytes = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + 700 * kMegabyte;
  const rlimit limit{bytes, bytes};
  rlimit now{};
  if (setrlimit(RLIMIT_AS, &limit) != 0 || getrlimit(RLIMIT_AS, &now) != 0) return kNoLimit;
  if (now.rlim_cur != bytes) return kLimitIgnored;  // qemu-user
  EngineOptions options;
  options.n_threads = 1;
  options.max_sessions = 8;
  options.precision = Precision::kExact;  // 1024 bytes of KV cache a position
  options.n_ctx = 1 << 18;
  const auto engine = Engine::open(kTinyModel, options);
  if (!engine.ok()) return kNotOpened;
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < options.max_sessions; ++i) {
    auto session = (*engine)->create_session();
    if (session.ok()) {
      sessions.push_back(std::move(session).value());
      continue;
    }
    if (sessions.empty()) return kNoSession;
    const bool has_sum = session.status().message().find(" make ") != std::string_view::npos;
    return session.status().code() == StatusCode::kResourceExhausted && has_sum ? kAsExpected : kOtherError;
  }
  return kNotRefused;
}

// In a child: what the guard allows the system gives, and what it refuses comes with the sum.
TEST(EngineMemory, KvCachesAreMappedOneByOne) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(open_in_a_small_address_space());
  int state = 0;
  ASSERT_EQ(waitpid(child, &state, 0), child);
  ASSERT_TRUE(WIFEXITED(state));
  if (WEXITSTATUS(state) == kLimitIgnored) GTEST_SKIP() << "RLIMIT_AS is not enforced here";
  EXPECT_EQ(WEXITSTATUS(state), kAsExpected);
}
#endif

}  // namespace
}  // namespace tenfold
