#include "tenfold/engine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "engine/requests_testing.h"
#include "model/golden_testing.h"
#include "model_file/packed_cache.h"
#include "model_file/pread_file.h"
#include "model_file/temp_folder_testing.h"
#include "platform/cpu_topology.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

std::unique_ptr<Session> open_session(Engine& engine) { return std::move(engine.create_session()).value(); }

TEST(Engine, SaysWhatIsWrongWithAFile) {
  EXPECT_EQ(Engine::open("/no/such/file.gguf", {}).status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(Engine::open(TENFOLD_SOURCE_DIR, {}).ok());
  EXPECT_FALSE(Engine::open(std::string(TENFOLD_SOURCE_DIR) + "/tests/data/README.md", {}).ok());
}

TEST(Engine, OpensAModelWithinAnOpenFile) {
  std::ostringstream model;
  model << std::ifstream(kTinyModel, std::ios::binary).rdbuf();
  const std::string bytes = model.str();
  const TempFolder folder;
  const int descriptor = ::open(folder.write("package", "12345" + bytes + "more").c_str(), O_RDONLY);
  const auto engine = Engine::open(FileSlice{descriptor, 5, bytes.size()}, {});
  EXPECT_FALSE(Engine::open(FileSlice{descriptor, 4, bytes.size()}, {}).ok());
  EXPECT_FALSE(Engine::open(FileSlice{descriptor, 5, bytes.size() - 1}, {}).ok());
  ::close(descriptor);
  ASSERT_TRUE(engine.ok()) << engine.status().to_string();
  const auto prompt = some_tokens(4);
  EXPECT_EQ(open_session(**engine)->generate(prompt, greedy(8), nullptr)->tokens,
            open_session(*open_tiny())->generate(prompt, greedy(8), nullptr)->tokens);
}

// tests/processors runs this on processors of which it knows, and says here, what they can do.
TEST(Engine, AnswersAsTransformersWithTheProcessorsFastestKernels) {
  const Golden golden = read_golden("llama-q4_0");
  EngineOptions options;
  options.precision = Precision::kExact;
  options.use_cache = false;
  const auto engine = open_tiny(options);
  if (const char* expected = std::getenv("TENFOLD_EXPECTED_ISA")) {
    EXPECT_EQ(engine->info().isa, expected);
  }
  const auto answer =
      open_session(*engine)->generate(golden.prompt, greedy(static_cast<int>(golden.greedy.size())), nullptr);
  ASSERT_TRUE(answer.ok()) << answer.status().to_string();
  EXPECT_EQ(answer->tokens, golden.greedy);
}

EngineOptions with_cache(const TempFolder& folder) {
  EngineOptions options;
  options.cache_folder = folder.path("cache");
  options.cache_min_bytes = 0;
  return options;
}

TEST(Engine, TheSecondStartFindsTheWeightsPacked) {
  const TempFolder folder;
  std::vector<TokenId> first;
  {
    const auto engine = open_tiny(with_cache(folder));
    EXPECT_FALSE(engine->info().came_packed);
    first = open_session(*engine)->generate(some_tokens(20), greedy(10), nullptr)->tokens;
    EXPECT_TRUE(engine->wait_until_stored(nullptr).ok());
  }
  const auto engine = open_tiny(with_cache(folder));
  EXPECT_TRUE(engine->info().came_packed);
  EXPECT_TRUE(engine->wait_until_stored(nullptr).ok()) << "nothing is left to store";
  EXPECT_EQ(open_session(*engine)->generate(some_tokens(20), greedy(10), nullptr)->tokens, first);
}

TEST(Engine, AnEngineThatGoesAtOnceLeavesAWholeFileOrNone) {
  const TempFolder folder;
  open_tiny(with_cache(folder));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path("cache"))) {
    EXPECT_TRUE(PackedCache::verify(entry.path().string()).ok()) << entry.path();
  }
}

TEST(Engine, StartsWithoutWhatAKilledProcessLeftInTheCache) {
  const TempFolder folder;
  EXPECT_TRUE(open_tiny(with_cache(folder))->wait_until_stored(nullptr).ok());
  const std::string left = folder.write("cache/0123.packed.tmp-4242-0", "half a model");
  EXPECT_TRUE(open_tiny(with_cache(folder))->info().came_packed) << "a start that stores nothing";
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST(Engine, WorksWithoutACacheThatCannotBeHad) {
  const TempFolder folder;
  EngineOptions options = with_cache(folder);
  options.cache_folder = folder.write("file", "in the way");
  const auto engine = open_tiny(options);
  ASSERT_EQ(engine->info().warnings.size(), 1U);
  EXPECT_NE(engine->info().warnings.front().find("weights will be packed at each start"), std::string::npos);
  EXPECT_TRUE(engine->wait_until_stored(nullptr).ok());
}

TEST(Engine, SmallModelsAreNotKept) {
  const TempFolder folder;
  EngineOptions options = with_cache(folder);
  options.cache_min_bytes = EngineOptions().cache_min_bytes;
  EXPECT_TRUE(open_tiny(options)->wait_until_stored(nullptr).ok());
  EXPECT_FALSE(std::filesystem::exists(folder.path("cache")));
}

TEST(Engine, RefusesImpossibleOptions) {
  for (const auto& change : std::vector<std::function<void(EngineOptions&)>>{
           [](EngineOptions& o) { o.n_threads = -1; }, [](EngineOptions& o) { o.n_ctx = -5; },
           [](EngineOptions& o) { o.max_sessions = 0; }, [](EngineOptions& o) { o.prefill_chunk = 0; }}) {
    EngineOptions options;
    change(options);
    EXPECT_EQ(Engine::open(kTinyModel, options).status().code(), StatusCode::kInvalidArgument);
  }
  EngineOptions small;
  small.memory_limit_bytes = 1000;
  EXPECT_EQ(Engine::open(kTinyModel, small).status().code(), StatusCode::kResourceExhausted);
}

// The number after `word` in an error's text.
std::uint64_t number_after(std::string_view text, std::string_view word) {
  const std::size_t at = text.find(word);
  EXPECT_NE(at, std::string_view::npos) << text;
  return std::strtoull(std::string(text.substr(at + word.size())).c_str(), nullptr, 10);
}

TEST(Engine, RefusesWhatDoesNotFitIntoMemoryWithTheSum) {
  EngineOptions options;
  options.memory_limit_bytes = 1;
  const auto refused = Engine::open(kTinyModel, options);
  ASSERT_EQ(refused.status().code(), StatusCode::kResourceExhausted);
  const std::string_view text = refused.status().message();
  const std::uint64_t sum = number_after(text, "make ");
  EXPECT_EQ(number_after(text, "memory: ") + number_after(text, "weights, ") + number_after(text, "vocabulary, ") +
                number_after(text, ") and "),
            sum)
      << text;
  EXPECT_GT(number_after(text, "weights, "), 0u) << "the vocabulary counts, too";
  EXPECT_GT(number_after(text, ") and "), 0u) << "working memory counts, too";
  options.memory_limit_bytes = sum - 1;
  EXPECT_EQ(Engine::open(kTinyModel, options).status().code(), StatusCode::kResourceExhausted);

  options.memory_limit_bytes = sum;
  const auto engine = open_tiny(options);
  auto session = engine->create_session();
  ASSERT_TRUE(session.ok()) << session.status().to_string();
  const Status second = engine->create_session().status();
  EXPECT_EQ(second.code(), StatusCode::kResourceExhausted) << "its KV cache does not fit";
  EXPECT_GT(number_after(second.message(), "make "), sum);
  session->reset();
  EXPECT_TRUE(engine->create_session().ok());
}

TEST(Engine, ReportsProgressAndCanBeStopped) {
  EngineOptions options;
  double last = 0;
  options.on_load_progress = [&](double fraction) {
    EXPECT_GE(fraction, last);
    last = fraction;
    return true;
  };
  open_tiny(options);
  EXPECT_DOUBLE_EQ(last, 1);
  options.on_load_progress = [](double) { return false; };
  EXPECT_EQ(Engine::open(kTinyModel, options).status().code(), StatusCode::kCancelled);
}

TEST(Engine, AFileThatChangesWhileItIsReadIsRefused) {
  const TempFolder folder;
  const std::string path = folder.path("model.gguf"), draft = folder.path("draft.gguf");
  for (const std::string& copy : {path, draft}) {
    std::filesystem::copy_file(kTinyModel, copy);
    set_time_of_writing(copy, 1'000'000'000);
  }
  EngineOptions options;
  options.use_cache = false;
  options.draft_path = draft;
  std::string written_to;
  options.on_load_progress = [&](double) {
    if (written_to.empty()) return true;
    std::fstream file(std::exchange(written_to, ""), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(-1, std::ios::end).put('x');
    return true;
  };
  EXPECT_TRUE(Engine::open(path, options).ok());
  for (const std::string& changed : {path, draft}) {
    written_to = changed;
    const Status status = Engine::open(path, options).status();
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition) << status.to_string();
    EXPECT_NE(status.message().find(printable_base_name(changed)), std::string_view::npos) << status.to_string();
  }
}

TEST(Engine, StartsNoMoreThreadsThanThereAreCores) {
  const int most = max_thread_count(read_cpu_topology());
  for (const int asked : {1, most, most + 1, 1024}) {
    EngineOptions options;
    options.n_threads = asked;
    EXPECT_EQ(open_tiny(options)->info().n_threads, std::min(asked, most)) << asked;
  }
}

TEST(Session, TheSameSeedGivesTheSameTextOnAnyThreadCount) {
  GenerateOptions sampled;
  sampled.max_tokens = 40;
  sampled.ignore_end = true;
  sampled.sampler.temperature = 1.2F;
  sampled.sampler.seed = 7;
  std::vector<std::vector<TokenId>> answers;
  for (const int n_threads : {1, 2, 5}) {
    EngineOptions options;
    options.n_threads = n_threads;
    const auto engine = open_tiny(options);
    answers.push_back(open_session(*engine)->generate(some_tokens(70), sampled, nullptr)->tokens);
    EXPECT_EQ(answers.back().size(), 40u);
  }
  EXPECT_EQ(answers[0], answers[1]);
  EXPECT_EQ(answers[0], answers[2]);
}

TEST(Session, StreamsExactlyTheText) {
  const auto engine = open_tiny();
  std::string streamed;
  const auto result = open_session(*engine)->generate(some_tokens(10), greedy(50), [&](std::string_view piece) {
    streamed += piece;
    return true;
  });
  ASSERT_TRUE(result.ok()) << result.status().to_string();
  EXPECT_EQ(streamed, result->text);
  EXPECT_EQ(result->finish_reason, FinishReason::kLength);
  EXPECT_EQ(result->tokens.size(), 50u);
}

TEST(Session, ReusesThePrefixAndAnswersAsIfItDidNot) {
  const auto engine = open_tiny();
  const auto session = open_session(*engine);
  auto tokens = some_tokens(60);
  const auto first = session->generate(tokens, greedy(10), nullptr);
  EXPECT_EQ(first->n_reused, 0);
  tokens.insert(tokens.end(), first->tokens.begin(), first->tokens.end());
  tokens.push_back(9);
  const auto second = session->generate(tokens, greedy(10), nullptr);
  EXPECT_GE(second->n_reused, 60);
  const auto fresh = open_session(*engine)->generate(tokens, greedy(10), nullptr);
  EXPECT_EQ(fresh->n_reused, 0);
  EXPECT_EQ(second->tokens, fresh->tokens);
}

TEST(Session, StopsAtAStopText) {
  const auto engine = open_tiny();
  const auto session = open_session(*engine);
  const auto whole = session->generate(some_tokens(10), greedy(60), nullptr);
  ASSERT_GT(whole->text.size(), 12u);
  std::size_t at = 6;
  while ((static_cast<unsigned char>(whole->text[at]) & 0xC0) == 0x80) ++at;
  const std::string stop = whole->text.substr(at, 4);
  GenerateOptions options = greedy(60);
  options.stop = {stop};
  const auto cut = session->generate(some_tokens(10), options, nullptr);
  EXPECT_EQ(cut->finish_reason, FinishReason::kStop);
  EXPECT_EQ(cut->text, whole->text.substr(0, whole->text.find(stop)));
}

TEST(Session, RefusesBadPrompts) {
  EngineOptions options;
  options.n_ctx = 64;
  const auto engine = open_tiny(options);
  const auto session = open_session(*engine);
  const auto code = [&](std::vector<TokenId> prompt) {
    return session->generate(prompt, greedy(4), nullptr).status().code();
  };
  EXPECT_EQ(code({}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(some_tokens(64)), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({-1}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({1 << 30}), StatusCode::kInvalidArgument);
  const auto full = session->generate(some_tokens(60), greedy(100), nullptr);
  EXPECT_EQ(full->finish_reason, FinishReason::kLength);
  EXPECT_LE(60 + full->tokens.size(), 64u);
}

TEST(Session, ARefusedPromptLeavesItAsItWas) {
  EngineOptions options;
  options.n_ctx = 200;
  options.prefill_chunk = 16;
  const auto engine = open_tiny(options);
  const auto session = open_session(*engine);
  ASSERT_TRUE(session->append(some_tokens(40)).ok());
  auto bad_end = some_tokens(60);
  bad_end.back() = 1 << 20;
  EXPECT_EQ(session->generate(bad_end, greedy(4), nullptr).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->logits(bad_end, LogitRows::kLast).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->append(bad_end).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->append(some_tokens(161)).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->append({}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->truncate(-1).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->n_tokens(), 40);
  EXPECT_TRUE(session->append(some_tokens(160)).ok()) << "the context is for all of its positions";
  EXPECT_EQ(session->append(some_tokens(1)).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(session->n_tokens(), 200);
}

TEST(Session, FillsItsContextExactly) {
  EngineOptions options;
  options.n_ctx = 100;
  const auto engine = open_tiny(options);
  const auto session = open_session(*engine);
  EXPECT_TRUE(session->logits(some_tokens(100), LogitRows::kAll).ok());
  EXPECT_EQ(session->logits(some_tokens(101), LogitRows::kAll).status().code(), StatusCode::kInvalidArgument);
  const auto one_left = session->generate(some_tokens(99), greedy(10), nullptr);
  ASSERT_TRUE(one_left.ok()) << one_left.status().to_string();
  EXPECT_EQ(one_left->tokens.size(), 1u);
  EXPECT_EQ(one_left->finish_reason, FinishReason::kLength);
  EXPECT_EQ(session->generate(some_tokens(100), greedy(10), nullptr).status().code(), StatusCode::kInvalidArgument);
}

TEST(Session, NoTokensWantedOnlyReadsThePrompt) {
  const auto engine = open_tiny();
  const auto session = open_session(*engine);
  const auto read = session->generate(some_tokens(50), greedy(0), nullptr);
  EXPECT_TRUE(read->tokens.empty());
  EXPECT_EQ(read->finish_reason, FinishReason::kLength);
  EXPECT_EQ(session->n_tokens(), 50);
  EXPECT_EQ(session->generate(some_tokens(50), greedy(5), nullptr)->n_reused, 49);
}

TEST(Session, RefusesASecondCallWhileOneIsAtWork) {
  const auto engine = open_tiny();
  const auto session = open_session(*engine);
  const auto expected = open_session(*engine)->generate(some_tokens(30), greedy(20), nullptr);
  const auto result = session->generate(some_tokens(30), greedy(20), [&](std::string_view) {
    EXPECT_EQ(session->generate(some_tokens(3), greedy(2), nullptr).status().code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(session->logits(some_tokens(3), LogitRows::kLast).status().code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(session->append(some_tokens(3)).code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(session->truncate(0).status().code(), StatusCode::kFailedPrecondition);
    return true;
  });
  ASSERT_TRUE(result.ok()) << result.status().to_string();
  EXPECT_EQ(result->tokens, expected->tokens);
  EXPECT_TRUE(session->truncate(0).ok());
}

TEST(Session, AnExceptionOfTheCallbackIsAnErrorAndTheSessionGoesOn) {
  const auto engine = open_tiny();
  const auto session = open_session(*engine);
  const auto throws = [](std::string_view) -> bool { throw std::runtime_error("the caller's own"); };
  EXPECT_EQ(session->generate(some_tokens(30), greedy(20), throws).status().code(), StatusCode::kInternal);
  EXPECT_EQ(session->generate(some_tokens(30), greedy(20), nullptr)->tokens,
            open_session(*engine)->generate(some_tokens(30), greedy(20), nullptr)->tokens);
}

TEST(Session, ACallbackThatSaysStopIsNotCalledAgain) {
  const auto engine = open_tiny();
  const auto session = open_session(*engine);
  const std::string whole = session->generate(some_tokens(10), greedy(60), nullptr)->text;
  // Every character may begin a stop text, so there is always something held back when the callback says no.
  GenerateOptions options = greedy(60);
  for (const char c : whole) options.stop.push_back(std::string(1, c) + "\x01");
  int n_calls = 0;
  std::string seen;
  const auto result = session->generate(some_tokens(10), options, [&](std::string_view piece) {
    ++n_calls;
    seen += piece;
    return false;
  });
  EXPECT_EQ(result->finish_reason, FinishReason::kCancelled);
  EXPECT_EQ(n_calls, 1);
  EXPECT_EQ(result->text, seen);
}

TEST(Session, TheCallbackCanStopIt) {
  const auto engine = open_tiny();
  const auto result =
      open_session(*engine)->generate(some_tokens(10), greedy(100), [](std::string_view) { return false; });
  EXPECT_EQ(result->finish_reason, FinishReason::kCancelled);
  EXPECT_LT(result->tokens.size(), 100u);
}

TEST(Session, CancelWorksInsidePrefillAndTheSessionGoesOn) {
  EngineOptions options;
  options.n_ctx = 4096;
  options.prefill_chunk = 64;
  const auto engine = open_tiny(options);
  const auto session = open_session(*engine);
  std::atomic<bool> started = false, done = false;
  std::thread canceller([&] {
    while (!done) {
      started = true;
      session->cancel();
      std::this_thread::yield();
    }
  });
  while (!started) std::this_thread::yield();
  const auto result = session->generate(some_tokens(4000), greedy(4), nullptr);
  done = true;
  canceller.join();
  ASSERT_TRUE(result.ok()) << result.status().to_string();
  EXPECT_EQ(result->finish_reason, FinishReason::kCancelled);
  EXPECT_TRUE(result->tokens.empty());
  EXPECT_EQ(result->timings.ttft_s, 0) << "there was no first token";
  EXPECT_EQ(result->timings.prefill_tokens_per_s, 0) << "the prompt was not computed to its end";

  const auto after = session->generate(some_tokens(100), greedy(10), nullptr);
  EXPECT_EQ(after->tokens, open_session(*engine)->generate(some_tokens(100), greedy(10), nullptr)->tokens);
}

TEST(Session, ACancelStopsTheMakingOfThePromptAndWhatFollows) {
  const auto engine = open_tiny();
  const auto session = open_session(*engine);
  const Prompt prompt{some_tokens(30)};
  const auto expected = session->generate(prompt.tokens, greedy(5), nullptr);
  const auto cancelled_in = [&](const MakePrompt& make) {
    const auto result = session->generate_from(make, greedy(5), [](std::string_view) -> bool {
      ADD_FAILURE() << "nothing was to be answered";
      return false;
    });
    ASSERT_TRUE(result.ok()) << result.status().to_string();
    EXPECT_EQ(result->finish_reason, FinishReason::kCancelled);
    EXPECT_TRUE(result->prompt_tokens.empty());
    EXPECT_EQ(session->n_tokens(), 34) << "as it was";
  };
  session->cancel();  // before the call: forgotten
  cancelled_in([&](const std::atomic<bool>& cancel) -> Result<Prompt> {
    EXPECT_FALSE(cancel);
    session->cancel();
    EXPECT_TRUE(cancel);
    return prompt;
  });
  cancelled_in([&](const std::atomic<bool>&) -> Result<Prompt> {
    session->cancel();
    return Status(StatusCode::kCancelled, "as a tokenizer says that looks at the flag");
  });
  const auto made = session->generate_from([&](const std::atomic<bool>&) { return prompt; }, greedy(5), nullptr);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->tokens, expected->tokens);
}

TEST(Session, MakingAPromptIsPartOfTheCall) {
  const auto engine = open_tiny();
  const auto session = open_session(*engine);
  const auto failed = session->generate_from(
      [&](const std::atomic<bool>&) -> Result<Prompt> {
        EXPECT_EQ(session->truncate(0).status().code(), StatusCode::kFailedPrecondition);
        return Status(StatusCode::kUnsupported, "a template of a kind");
      },
      greedy(5), nullptr);
  EXPECT_EQ(failed.status().code(), StatusCode::kUnsupported);
  const auto throws = [](const std::atomic<bool>&) -> Result<Prompt> { throw std::runtime_error("the caller's own"); };
  EXPECT_EQ(session->generate_from(throws, greedy(5), nullptr).status().code(), StatusCode::kInternal);
  EXPECT_TRUE(session->generate(some_tokens(5), greedy(5), nullptr).ok());
}

TEST(Session, SessionsOnSeveralThreadsTakeTurnsAndDoNotDisturbEachOther) {
  const auto engine = open_tiny();
  const auto expected_a = open_session(*engine)->generate(some_tokens(20), greedy(60), nullptr)->tokens;
  const auto expected_b = open_session(*engine)->generate(some_tokens(33), greedy(60), nullptr)->tokens;
  std::vector<TokenId> a, b;
  std::thread one([&] { a = open_session(*engine)->generate(some_tokens(20), greedy(60), nullptr)->tokens; });
  std::thread two([&] { b = open_session(*engine)->generate(some_tokens(33), greedy(60), nullptr)->tokens; });
  one.join();
  two.join();
  EXPECT_EQ(a, expected_a);
  EXPECT_EQ(b, expected_b);
}

TEST(Session, ThereIsALimitToSessions) {
  EngineOptions options;
  options.max_sessions = 1;
  const auto engine = open_tiny(options);
  auto first = engine->create_session();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(engine->create_session().status().code(), StatusCode::kResourceExhausted);
  first->reset();
  EXPECT_TRUE(engine->create_session().ok());
}

TEST(Session, OutlivesTheCallersEngine) {
  auto engine = open_tiny();
  const auto session = open_session(*engine);
  engine.reset();
  EXPECT_EQ(session->generate(some_tokens(5), greedy(3), nullptr)->tokens.size(), 3u);
}

TEST(Session, LogitsAndTruncate) {
  const auto engine = open_tiny();
  const auto session = open_session(*engine);
  const auto vocab = static_cast<std::size_t>(engine->info().vocab_size);
  const auto tokens = some_tokens(130);
  const auto all = session->logits(tokens, LogitRows::kAll);
  ASSERT_TRUE(all.ok()) << all.status().to_string();
  EXPECT_EQ(all->size(), tokens.size() * vocab);
  const auto last = session->logits(tokens, LogitRows::kLast);
  EXPECT_EQ(std::memcmp(last->data(), all->data() + 129 * vocab, vocab * sizeof(float)), 0);
  EXPECT_EQ(session->n_tokens(), 130);
  EXPECT_TRUE(session->truncate(10).ok());
  EXPECT_EQ(session->n_tokens(), 10);
  EXPECT_EQ(session->truncate(11).status().code(), StatusCode::kInvalidArgument);
}

TEST(Engine, RendersTheModelsOwnTemplate) {
  const auto engine = open_tiny();
  ASSERT_TRUE(engine->info().has_chat_template);
  const Message messages[] = {{"user", "Why is the sky blue?"}};
  const auto text = engine->render_chat(messages, {});
  ASSERT_TRUE(text.ok()) << text.status().to_string();
  const std::size_t at = text->text.find("Why is the sky blue?");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(text->given,
            (std::vector<TextRange>{{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 20)}}));
  ChatOptions with_nulls;
  with_nulls.messages_json = R"([{"role": "user", "content": "Why is the sky blue?", "tool_calls": null}])";
  EXPECT_EQ(*engine->render_chat({}, with_nulls), *text) << "keys without a value do not count";
  ChatOptions bad;
  bad.messages_json = "[{";
  EXPECT_EQ(engine->render_chat({}, bad).status().code(), StatusCode::kInvalidArgument);
  const std::atomic<bool> cancel = true;
  ChatOptions stopped;
  stopped.cancel = &cancel;
  EXPECT_EQ(engine->render_chat(messages, stopped).status().code(), StatusCode::kCancelled);
}

TEST(Engine, SaysWhyAChatTemplateCannotBeRead) {
  std::ifstream file(kTinyModel, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  constexpr std::string_view kLoop = "{%- for ";
  const std::size_t at = bytes.find(kLoop);
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, kLoop.size(), "{%- fox ");
  const TempFolder folder;
  EngineOptions options;
  options.use_cache = false;
  const auto engine = Engine::open(folder.write("broken.gguf", bytes), options);
  ASSERT_TRUE(engine.ok()) << engine.status().to_string();
  EXPECT_FALSE((*engine)->info().has_chat_template);
  const Message messages[] = {{"user", "Hi"}};
  const auto text = (*engine)->render_chat(messages, {});
  EXPECT_EQ(text.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(text.status().message().find("found one that cannot be read: line 1: unknown tag 'fox'"),
            std::string_view::npos)
      << text.status().message();
}

}  // namespace
}  // namespace tenfold
