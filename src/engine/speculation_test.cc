// Answers with and without speculative decoding: the same in everything but time.

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "engine/engine_impl.h"
#include "engine/model_drafter.h"
#include "engine/requests_testing.h"
#include "model/golden_testing.h"
#include "model_file/gguf/recode.h"
#include "tenfold/engine.h"
#include "tenfold/session.h"

namespace tenfold {
namespace {

std::string model_path(const std::string& name) {
  return std::string(TENFOLD_SOURCE_DIR) + "/tests/data/models/" + name + ".gguf";
}

// The F32 model with matrices of q4_0: much smaller, and mostly of the same opinion.
void write_small_model(const std::string& path) {
  const auto file = std::move(GgufFile::open(model_path("llama-f32"))).value();
  ASSERT_TRUE(recode_gguf(*file, DType::kQ4_0, path, nullptr).ok());
}

const std::string& small_model() {
  static const std::string path = [] {
    std::string name = testing::TempDir() + "tenfold_small_model.gguf";
    write_small_model(name);
    return name;
  }();
  return path;
}

enum class Draft { kNone, kSmallModel };

EngineOptions with(Draft draft) {
  EngineOptions options;
  options.n_ctx = 300;
  if (draft == Draft::kSmallModel) options.draft_path = small_model();
  return options;
}

constexpr Draft kDrafts[] = {Draft::kNone, Draft::kSmallModel};

std::string name_of(Draft draft) { return draft == Draft::kNone ? ", no draft model" : ", with a draft model"; }

std::shared_ptr<Engine> open_named(const std::string& name, const EngineOptions& options) {
  auto engine = Engine::open(model_path(name), options);
  EXPECT_TRUE(engine.ok()) << engine.status().to_string();
  return std::move(engine).value();
}

GenerateOptions sampled(int n, std::uint64_t seed) {
  GenerateOptions options = greedy(n);
  options.sampler.temperature = 0.9F;
  options.sampler.top_k = 4;
  options.sampler.seed = seed;
  return options;
}

// With logits pushed up for a few tokens the answer is made of them alone, and repeats itself without being regular.
GenerateOptions of_few_tokens(GenerateOptions options) {
  for (const TokenId token : {40, 50, 60}) options.sampler.logit_bias.emplace_back(token, 3.0F);
  return options;
}

// All that a caller can see.
struct Seen {
  std::vector<TokenId> tokens;
  std::string text;
  std::vector<std::string> pieces;
  std::vector<int> n_tokens;  // of the session, at each piece and at the end
  FinishReason finish_reason = FinishReason::kStop;
  int n_reused = 0;
  StatusCode code = StatusCode::kOk;
  bool operator==(const Seen&) const = default;
};

struct Request {
  std::vector<TokenId> prompt;
  GenerateOptions options;
  std::function<bool(Session&, std::size_t n_pieces)> on_piece;  // may be null
};

// The request, then one more that goes on where it ended.
std::vector<Seen> ask(Engine& engine, Request request, bool speculate, int& n_drafted, int& n_accepted) {
  const auto session = std::move(engine.create_session()).value();
  request.options.speculate = speculate;
  std::vector<Seen> all;
  for (int turn = 0; turn < 2; ++turn) {
    Seen& seen = all.emplace_back();
    const auto result = session->generate(request.prompt, request.options, [&](std::string_view piece) {
      seen.pieces.emplace_back(piece);
      seen.n_tokens.push_back(session->n_tokens());
      return !request.on_piece || request.on_piece(*session, seen.pieces.size());
    });
    seen.n_tokens.push_back(session->n_tokens());
    seen.code = result.status().code();
    if (!result.ok()) continue;
    seen.tokens = result->tokens;
    seen.text = result->text;
    seen.finish_reason = result->finish_reason;
    seen.n_reused = result->n_reused;
    n_drafted += result->n_drafted;
    n_accepted += result->n_accepted;
    EXPECT_LE(result->n_accepted, result->n_drafted);
    if (!speculate) {
      EXPECT_EQ(result->n_drafted, 0);
    }
    if (request.prompt.size() + result->tokens.size() + 1 < 300) {
      request.prompt.insert(request.prompt.end(), result->tokens.begin(), result->tokens.end());
    }
    request.prompt.back() = 17;
  }
  return all;
}

// Compares, and returns how many drafts came true.
int expect_same(Engine& engine, const Request& request, const std::string& what) {
  int n_drafted = 0, n_accepted = 0;
  const auto plain = ask(engine, request, false, n_drafted, n_accepted);
  const auto ahead = ask(engine, request, true, n_drafted, n_accepted);
  EXPECT_EQ(plain.size(), ahead.size());
  for (std::size_t turn = 0; turn < plain.size(); ++turn) {
    EXPECT_TRUE(plain[turn] == ahead[turn]) << what << ", turn " << turn << ": " << plain[turn].tokens.size() << " and "
                                            << ahead[turn].tokens.size() << " tokens";
  }
  return n_accepted;
}

TEST(Speculation, GreedyAndSampledAnswersAreTheSameForEveryModel) {
  for (const std::string& name : golden_names()) {
    for (const Draft draft : kDrafts) {
      const auto engine = open_named(name, with(draft));
      int n_accepted = 0;
      std::vector<GenerateOptions> all = {greedy(30), of_few_tokens(sampled(60, 6))};
      if (name == golden_names().front()) {
        all.insert(all.end(), {greedy(80), of_few_tokens(greedy(80)), sampled(60, 5)});
      }
      for (const GenerateOptions& options : all) {
        n_accepted += expect_same(*engine, {some_tokens(30), options, nullptr}, name + name_of(draft));
      }
      EXPECT_GT(n_accepted, 0) << name << name_of(draft) << ": nothing was tried";
    }
  }
}

TEST(Speculation, ASmallerModelOfTheSameOpinionSavesSteps) {
  const auto engine = open_named("llama-f32", with(Draft::kSmallModel));
  const auto session = std::move(engine->create_session()).value();
  const auto answer = session->generate(some_tokens(30), greedy(100), nullptr);
  EXPECT_GT(answer->n_accepted, 10) << "of 100, " << answer->n_drafted << " drafted";
}

TEST(Speculation, PenaltiesSeeTheTextAsItGrows) {
  for (const Draft draft : kDrafts) {
    const auto engine = open_named("llama-f32", with(draft));
    for (GenerateOptions options : {of_few_tokens(greedy(80)), of_few_tokens(sampled(80, 7))}) {
      options.sampler.repeat_penalty = 1.05F;
      options.sampler.frequency_penalty = 0.02F;
      options.sampler.presence_penalty = 0.1F;
      expect_same(*engine, {some_tokens(40), options, nullptr}, "penalties" + name_of(draft));
    }
  }
}

TEST(Speculation, TokenLimitsAndTheContextsEndCutAnywhere) {
  for (const Draft draft : kDrafts) {
    const auto engine = open_named("llama-f32", with(draft));
    for (int n = 0; n < 20; ++n) {
      expect_same(*engine, {some_tokens(40), of_few_tokens(greedy(n)), nullptr}, "limit" + name_of(draft));
    }
    for (const int n_prompt : {270, 288, 293, 296, 299}) {
      expect_same(*engine, {some_tokens(n_prompt), greedy(-1), nullptr}, "context" + name_of(draft));
    }
  }
}

TEST(Speculation, StopTextsCutAnywhere) {
  for (const Draft draft : kDrafts) {
    const auto engine = open_named("llama-f32", with(draft));
    const auto session = std::move(engine->create_session()).value();
    const std::string whole = session->generate(some_tokens(40), greedy(60), nullptr)->text;
    ASSERT_GT(whole.size(), 40U);
    for (std::size_t at = 3; at < 40; at += 4) {
      GenerateOptions options = greedy(60);
      options.stop = {whole.substr(at, 3), "\x01"};
      expect_same(*engine, {some_tokens(40), options, nullptr}, "stop text" + name_of(draft));
    }
  }
}

TEST(Speculation, AnEndTokenAmongTheDraftsEndsTheAnswer) {
  const auto engine = open_named("llama-f32", with(Draft::kSmallModel));
  int n_ended = 0;
  for (int n_prompt = 5; n_prompt < 60 && n_ended < 4; ++n_prompt) {
    GenerateOptions options = greedy(60);
    options.ignore_end = false;
    const auto session = std::move(engine->create_session()).value();
    const auto answer = session->generate(some_tokens(n_prompt), options, nullptr);
    if (answer->finish_reason != FinishReason::kStop) continue;
    ++n_ended;
    expect_same(*engine, {some_tokens(n_prompt), options, nullptr}, "end token");
  }
  EXPECT_GT(n_ended, 0) << "no prompt led to an answer that ends";
}

TEST(Speculation, CancelsAndRefusalsInTheMiddle) {
  for (const Draft draft : kDrafts) {
    const auto engine = open_named("llama-f32", with(draft));
    for (std::size_t n = 1; n < 12; ++n) {
      const auto cancels = [n](Session& session, std::size_t n_pieces) {
        if (n_pieces == n) session.cancel();
        return true;
      };
      const auto refuses = [n](Session&, std::size_t n_pieces) { return n_pieces < n; };
      const auto throws = [n](Session&, std::size_t n_pieces) {
        return n_pieces < n ? true : throw std::runtime_error("the caller's own");
      };
      for (const auto& on_piece : std::initializer_list<decltype(Request::on_piece)>{cancels, refuses, throws}) {
        expect_same(*engine, {some_tokens(40), of_few_tokens(greedy(40)), on_piece}, "stopped" + name_of(draft));
      }
    }
  }
}

TEST(Speculation, SessionsOnSeveralThreadsShareTheDraftModel) {
  const auto engine = open_named("llama-f32", with(Draft::kSmallModel));
  std::vector<std::thread> threads;
  for (const int n : {20, 33, 41}) {
    threads.emplace_back(
        [&engine, n] { EXPECT_GT(expect_same(*engine, {some_tokens(n), greedy(40), nullptr}, "threads"), 0); });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(DraftModel, CountsAsMemory) {
  EngineOptions options = with(Draft::kNone);
  options.memory_limit_bytes = 1;
  const auto needed = [&] {
    const std::string text = Engine::open(model_path("llama-f32"), options).status().to_string();
    return std::strtoull(text.substr(text.find("make ") + 5).c_str(), nullptr, 10);
  };
  const auto alone = needed();
  options.draft_path = small_model();
  const auto both = needed();
  EXPECT_GT(both, alone);
  options.memory_limit_bytes = both - 1;
  EXPECT_EQ(Engine::open(model_path("llama-f32"), options).status().code(), StatusCode::kResourceExhausted);
  options.memory_limit_bytes = both;
  const auto engine = open_named("llama-f32", options);
  const auto first = engine->create_session();
  EXPECT_TRUE(first.ok());
  EXPECT_EQ(engine->create_session().status().code(), StatusCode::kResourceExhausted);
}

// The same model with some tokens spelled differently.
std::string with_renamed_tokens(TokenId first, int n) {
  const auto engine = std::static_pointer_cast<EngineImpl>(open_named("llama-f32", {}));
  std::ifstream in(model_path("llama-f32"), std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  for (TokenId id = first; id < first + n; ++id) {
    const std::string spelled(engine->text().tokenizer().text(id));
    const std::string entry = std::string(1, static_cast<char>(spelled.size())) + std::string(7, '\0') + spelled;
    const std::size_t at = bytes.find(entry);
    EXPECT_NE(at, std::string::npos);
    bytes[at + entry.size() - 1] = '#';
  }
  const std::string path = testing::TempDir() + "tenfold_renamed_" + std::to_string(n) + ".gguf";
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(DraftModel, SaysWhatIsWrongWithIt) {
  const auto refused = [](const std::string& path) {
    EngineOptions options;
    options.draft_path = path;
    return Engine::open(model_path("llama-f32"), options).status();
  };
  const Status missing = refused("/no/such/draft.gguf");
  EXPECT_EQ(missing.code(), StatusCode::kNotFound);
  EXPECT_TRUE(missing.message().starts_with("draft model")) << missing.to_string();

  const Status other = refused(with_renamed_tokens(300, 4));
  EXPECT_EQ(other.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(other.message().find("token 300"), std::string_view::npos) << other.to_string();
}

TEST(DraftModel, NeverDraftsATokenThatItCallsOtherwise) {
  EngineOptions options = with(Draft::kNone);
  options.draft_path = with_renamed_tokens(300, 1);
  const auto engine = open_named("llama-f32", options);
  GenerateOptions only_that = greedy(20);
  only_that.sampler.logit_bias = {{300, 1000}};
  expect_same(*engine, {some_tokens(40), only_that, nullptr}, "a renamed token");
  EXPECT_GT(expect_same(*engine, {some_tokens(40), of_few_tokens(greedy(60)), nullptr}, "other tokens"), 0);
}

// Its own model, told that the vocabularies share less than they do.
TEST(DraftModel, DraftsOnlyWhatBothModelsHave) {
  const auto engine = std::static_pointer_cast<EngineImpl>(open_named("llama-f32", with(Draft::kSmallModel)));
  const std::atomic<bool> never = false;
  const auto first_draft = [&](const SharedVocabulary& vocabulary, std::span<const TokenId> text) {
    BatchScheduler::Client turns(engine->scheduler());
    ModelDrafter drafter(turns, *engine->draft_model(), vocabulary, 300, 0.01);
    drafter.begin(text);
    std::vector<TokenId> drafts(4);
    const Result<int> n = drafter.propose(drafts, never);
    EXPECT_TRUE(n.ok() && *n > 0);
    for (int i = 0; i < *n; ++i) EXPECT_LT(drafts[static_cast<std::size_t>(i)], vocabulary.n_tokens);
    return drafts[0];
  };
  const std::vector<TokenId> text = some_tokens(20);
  const TokenId likeliest = first_draft({320, {}}, text);
  EXPECT_NE(first_draft({320, {likeliest}}, text), likeliest);
  EXPECT_LT(first_draft({likeliest, {}}, text), likeliest);
  std::vector<TokenId> beyond = text;
  beyond[3] = 319;
  std::vector<TokenId> instead = text;
  instead[3] = 0;
  EXPECT_EQ(first_draft({319, {}}, beyond), first_draft({319, {}}, instead));
}

TEST(DraftModel, LoadingItIsPartOfTheProgressAndCanBeStopped) {
  EngineOptions options = with(Draft::kSmallModel);
  double last = 0;
  options.on_load_progress = [&](double fraction) {
    EXPECT_GE(fraction, last);
    last = fraction;
    return true;
  };
  open_named("llama-f32", options);
  EXPECT_DOUBLE_EQ(last, 1);
  options.on_load_progress = [](double fraction) { return fraction < 0.9; };
  EXPECT_EQ(Engine::open(model_path("llama-f32"), options).status().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace tenfold
