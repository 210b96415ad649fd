// The tiny models on every instruction set that this machine runs: right by transformers, equal to themselves bit for
// bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cpu/runnable_testing.h"
#include "kernels/select.h"
#include "model/golden_testing.h"
#include "model_file/packed_writer.h"
#include "model_file/temp_folder_testing.h"
#include "runtime/allocation_testing.h"

namespace tenfold {
namespace {

std::vector<TokenId> long_prompt(const Golden& golden, int n) {
  std::vector<TokenId> tokens;
  for (int i = 0; i < n; ++i) {
    tokens.push_back((golden.prompt[static_cast<std::size_t>(i) % golden.prompt.size()] + i / 48) % golden.vocab_size);
  }
  return tokens;
}

TokenId arg_max(std::span<const float> logits) {
  return static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

bool store_all(const Model& model, const PackedCache& cache) {
  const auto writer = model.begin_store(cache);
  if (!writer.ok()) return false;
  Result<bool> done = false;
  while (done.ok() && !*done) done = (*writer)->step();
  return done.ok();
}

class GoldenModel : public testing::TestWithParam<std::tuple<std::string, const kernels::KernelTable*>> {
 protected:
  const Golden golden_ = read_golden(std::get<0>(GetParam()));
  const kernels::KernelTable& kernels_ = *std::get<1>(GetParam());
};

TEST_P(GoldenModel, ExactLogitsAreThoseOfTransformers) {
  Runnable r = make_runnable(golden_.path, kernels_, {{Precision::kExact, {}}});
  const std::vector<float> logits = run_all(r, golden_.prompt, 512);
  const std::size_t skip = static_cast<std::size_t>(golden_.first_position * golden_.vocab_size);
  EXPECT_LE(nmse(std::span(logits).subspan(skip), golden_.logits), 1e-9);
}

TEST_P(GoldenModel, ExactGreedyContinuationIsThatOfTransformers) {
  Runnable r = make_runnable(golden_.path, kernels_, {{Precision::kExact, {}}});
  KvSequence kv(*r.kv_pool, 256);
  std::vector<float> logits(static_cast<std::size_t>(golden_.vocab_size));
  std::vector<TokenId> next = golden_.prompt;
  std::vector<TokenId> answer;
  while (answer.size() < golden_.greedy.size()) {
    const BatchSequence sequence{&kv, next, Outputs::kLast};
    ASSERT_TRUE(r.executor->run({&sequence, 1}, logits, nullptr).ok());
    next = {arg_max(logits)};
    answer.push_back(next.front());
  }
  EXPECT_EQ(answer, golden_.greedy);
}

TEST_P(GoldenModel, FastIsCloseToExact) {
  Runnable exact = make_runnable(golden_.path, kernels_, {{Precision::kExact, {}}});
  Runnable fast = make_runnable(golden_.path, kernels_, {{Precision::kFast, {}}, 2, 512, kernels::KvType::kF16});
  // 8-bit activations have a step of max/127, an error of about 0.4 % of the largest: squared and over a few layers.
  EXPECT_LE(nmse(run_all(fast, golden_.prompt, 512), run_all(exact, golden_.prompt, 512)), 1e-2);
}

struct Split {
  int n_threads;
  int chunk;
};

// Every thread count and every chunk once; all pairs for one model, since it is the same code for all.
std::vector<Split> splits_of(const std::string& name) {
  if (name != "llama-q4_0") return {{1, 7}, {2, 1}, {3, 64}, {8, 512}, {8, 1}};
  std::vector<Split> all;
  for (const int n_threads : {1, 2, 3, 8}) {
    for (const int chunk : {1, 7, 64, 512}) all.push_back({n_threads, chunk});
  }
  return all;
}

TEST_P(GoldenModel, LogitsDoNotDependOnThreadsChunksOrFusion) {
  // Scalar kernels take one token after the other: more than two chunks try nothing else, and take minutes under
  // sanitizers.
  const std::size_t n_tokens = kernels_.isa == std::string_view("scalar") ? 12 : 70;
  for (const Precision precision : {Precision::kFast, Precision::kExact}) {
    const auto kv = precision == Precision::kFast ? kernels::KvType::kF16 : kernels::KvType::kF32;
    const std::vector<TokenId> tokens = long_prompt(golden_, n_tokens);
    Runnable reference = make_runnable(golden_.path, kernels_, {{precision, {}}, 1, 512, kv});
    const std::vector<float> expected = run_all(reference, tokens, 512);
    for (const Split split : splits_of(std::get<0>(GetParam()))) {
      Runnable r = make_runnable(golden_.path, kernels_, {{precision, {}}, split.n_threads, 512, kv});
      EXPECT_TRUE(same_bits(run_all(r, tokens, split.chunk), expected))
          << split.n_threads << " threads, chunks of " << split.chunk;
    }
    Runnable fused = make_runnable(golden_.path, kernels_, {{precision, {}}, 2, 512, kv});
    Runnable plain = make_runnable(golden_.path, kernels_, {{precision, FusionOptions::none()}, 2, 512, kv});
    for (const int chunk : {1, 512}) {
      EXPECT_TRUE(same_bits(run_all(plain, tokens, chunk), expected)) << "plain stages, chunks of " << chunk;
    }
    const std::span<const float> last = std::span(expected).last(static_cast<std::size_t>(golden_.vocab_size));
    for (const int chunk : {8, 9, 512}) {
      EXPECT_TRUE(same_bits(run_prompt(fused, tokens, chunk), last)) << "a prompt in chunks of " << chunk;
      EXPECT_TRUE(same_bits(run_prompt(plain, tokens, chunk), last)) << "plain, a prompt in chunks of " << chunk;
    }
  }
}

TEST_P(GoldenModel, LogitsDoNotDependOnNeighboursInTheBatch) {
  Runnable r = make_runnable(golden_.path, kernels_, {{Precision::kFast, {}}, 2, 512, kernels::KvType::kF16});
  const auto vocab = static_cast<std::size_t>(golden_.vocab_size);
  const std::vector<TokenId> mine = long_prompt(golden_, 90);
  const std::vector<float> alone = run_all(r, mine, 512);

  KvSequence a(*r.kv_pool, 256), b(*r.kv_pool, 256), c(*r.kv_pool, 256);
  const std::vector<TokenId> other = long_prompt(golden_, 40), third = long_prompt(golden_, 3);
  std::vector<float> logits((other.size() + 1) * vocab);
  for (std::size_t at = 0; at < mine.size(); at += 30) {
    const BatchSequence batch[] = {
        {&a, other, Outputs::kAll}, {&b, std::span(mine).subspan(at, 30), Outputs::kLast}, {&c, third, Outputs::kNone}};
    ASSERT_TRUE(r.executor->run(batch, logits, nullptr).ok());
    EXPECT_TRUE(
        same_bits(std::span(logits).subspan(other.size() * vocab), std::span(alone).subspan((at + 29) * vocab, vocab)));
    a.truncate(at == 0 ? 40 : 0);
  }
}

TEST_P(GoldenModel, ASharedPrefixGivesTheSameLogits) {
  Runnable r = make_runnable(golden_.path, kernels_, {{Precision::kFast, {}}, 2, 512, kernels::KvType::kF16});
  const auto vocab = static_cast<std::size_t>(golden_.vocab_size);
  const std::vector<TokenId> tokens = long_prompt(golden_, 100);
  const std::vector<float> expected = run_all(r, tokens, 512);
  std::vector<float> logits(vocab);
  KvSequence first(*r.kv_pool, 256), second(*r.kv_pool, 256);
  const BatchSequence beginning{&first, std::span(tokens).first(80), Outputs::kNone};
  ASSERT_TRUE(r.executor->run({&beginning, 1}, {}, nullptr).ok());
  second.share_prefix(first, 70);
  const BatchSequence rest{&second, std::span(tokens).subspan(70), Outputs::kLast};
  ASSERT_TRUE(r.executor->run({&rest, 1}, logits, nullptr).ok());
  EXPECT_TRUE(same_bits(logits, std::span(expected).last(vocab)));
}

std::vector<std::tuple<std::string, const kernels::KernelTable*>> every_model_on_every_isa() {
  std::vector<std::tuple<std::string, const kernels::KernelTable*>> all;
  for (const std::string& name : golden_names()) {
    for (const kernels::KernelTable* table : kernels::runnable_kernels()) all.emplace_back(name, table);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, GoldenModel, testing::ValuesIn(every_model_on_every_isa()), [](const auto& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param)->isa;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

// The plan is built for each file and precision, so each may be fused in its own way, or not at all.
std::vector<std::pair<std::string, Precision>> every_model_and_precision() {
  std::vector<std::pair<std::string, Precision>> all;
  for (const std::string& name : golden_names()) {
    for (const Precision precision : {Precision::kFast, Precision::kExact}) all.emplace_back(name, precision);
  }
  return all;
}

TEST_P(GoldenModel, PackedWeightsFromDiskGiveTheSameLogits) {
  const TempFolder folder;
  const auto cache = PackedCache::open(folder.path("cache"), std::uint64_t{1} << 30);
  ASSERT_TRUE(cache.ok()) << cache.status().to_string();
  RunnableOptions options;
  options.cache = &*cache;
  Runnable first = make_runnable(golden_.path, kernels_, options);
  EXPECT_FALSE(first.model->came_packed());
  ASSERT_TRUE(store_all(*first.model, *cache));
  Runnable second = make_runnable(golden_.path, kernels_, options);
  EXPECT_TRUE(second.model->came_packed());
  EXPECT_TRUE(same_bits(run_all(first, golden_.prompt, 512), run_all(second, golden_.prompt, 512)));
}

TEST(PackedWeights, AreThoseOfThisFileAsItIsNow) {
  const TempFolder folder;
  const auto cache = PackedCache::open(folder.path("cache"), std::uint64_t{1} << 30);
  ASSERT_TRUE(cache.ok()) << cache.status().to_string();
  const std::string path = folder.path("model.gguf");
  std::filesystem::copy_file(read_golden("llama-q4_0").path, path);
  RunnableOptions options;
  options.cache = &*cache;
  const kernels::KernelTable& kernels = **kernels::select_kernels();
  ASSERT_TRUE(store_all(*make_runnable(path, kernels, options).model, *cache));
  EXPECT_TRUE(make_runnable(path, kernels, options).model->came_packed());
  // The last weight changes; size and header stay.
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(-1, std::ios::end).put('x');
  EXPECT_FALSE(make_runnable(path, kernels, options).model->came_packed());
}

TEST(PackedWeights, OfOtherKernelsAreNotTaken) {
  const auto tables = kernels::runnable_kernels();
  if (tables.size() < 2) GTEST_SKIP() << "this processor has one kind";
  const TempFolder folder;
  const auto cache = PackedCache::open(folder.path("cache"), std::uint64_t{1} << 30);
  ASSERT_TRUE(cache.ok()) << cache.status().to_string();
  RunnableOptions options;
  options.cache = &*cache;
  const std::string path = read_golden("llama-q4_0").path;
  ASSERT_TRUE(store_all(*make_runnable(path, *tables[0], options).model, *cache));
  EXPECT_FALSE(make_runnable(path, *tables[1], options).model->came_packed());
}

TEST(Executor, ADenseLayerIsAtMostFiveRegionsAtDecode) {
  for (const auto& [name, precision] : every_model_and_precision()) {
    SCOPED_TRACE(name);
    const Golden golden = read_golden(name);
    Runnable r = make_runnable(golden.path, **kernels::select_kernels(), {{precision, {}}});
    KvSequence kv(*r.kv_pool, 256);
    std::vector<float> logits(static_cast<std::size_t>(golden.vocab_size));
    const BatchSequence prompt{&kv, golden.prompt, Outputs::kNone};
    ASSERT_TRUE(r.executor->run({&prompt, 1}, {}, nullptr).ok());
    const std::int64_t before = r.executor->n_regions();
    const TokenId token = 5;
    const BatchSequence decode{&kv, {&token, 1}, Outputs::kLast};
    ASSERT_TRUE(r.executor->run({&decode, 1}, logits, nullptr).ok());
    // Embedding, angles, gathering and the head come once a step.
    EXPECT_LE(r.executor->n_regions() - before, 5 * r.model->spec().n_layers + 4);
  }
}

TEST(Executor, AHundredStepsAllocateNothing) {
  for (const auto& [name, precision] : every_model_and_precision()) {
    SCOPED_TRACE(name);
    const Golden golden = read_golden(name);
    Runnable r = make_runnable(golden.path, **kernels::select_kernels(), {{precision, {}}});
    KvSequence kv(*r.kv_pool, 1024);
    std::vector<float> logits(static_cast<std::size_t>(golden.vocab_size));
    const std::vector<TokenId> chunk = long_prompt(golden, 12);  // more than a tile of few tokens
    bool ok = true;
    const auto before = allocation_count();
    for (int i = 0; i < 100; ++i) {  // mostly decode, some prefill
      const TokenId token = i;
      const std::span<const TokenId> tokens = i % 10 == 0 ? std::span(chunk) : std::span(&token, 1);
      const BatchSequence sequence{&kv, tokens, Outputs::kLast};
      ok = r.executor->run({&sequence, 1}, logits, nullptr).ok() && ok;
    }
    EXPECT_EQ(allocation_count() - before, 0u);
    EXPECT_TRUE(ok);
  }
}

TEST(Executor, ACancelledStepLeavesTheSequenceAsItWas) {
  const Golden golden = read_golden("llama-q4_0");
  Runnable r = make_runnable(golden.path, **kernels::select_kernels(), {{Precision::kFast, {}}});
  KvSequence kv(*r.kv_pool, 512);
  std::vector<float> logits(static_cast<std::size_t>(golden.vocab_size));
  const BatchSequence prompt{&kv, golden.prompt, Outputs::kLast};
  const std::atomic<bool> cancel = true;
  EXPECT_EQ(r.executor->run({&prompt, 1}, logits, &cancel).code(), StatusCode::kCancelled);
  EXPECT_EQ(kv.n_tokens(), 0);
  ASSERT_TRUE(r.executor->run({&prompt, 1}, logits, nullptr).ok());
  const std::vector<float> all = run_all(r, golden.prompt, 512);
  EXPECT_TRUE(same_bits(logits, std::span(all).last(logits.size())));
}

// The bytes that a token's stages read are those that decode speed is counted with, and the KV cache; and each stage is
// counted once a run, in which threads do not work longer than there was time.
TEST_P(GoldenModel, StageTimesCountEveryRunAndByte) {
  Runnable r = make_runnable(golden_.path, kernels_, {{Precision::kFast, {}}});
  EXPECT_TRUE(r.executor->stage_times().empty());
  run_all(r, golden_.prompt, 512);
  r.executor->time_stages();
  KvSequence kv(*r.kv_pool, 256);
  std::vector<float> logits(static_cast<std::size_t>(golden_.vocab_size));
  constexpr int kTokens = 3;
  for (int i = 0; i < kTokens; ++i) {
    const BatchSequence sequence{&kv, std::span(golden_.prompt).subspan(static_cast<std::size_t>(i), 1),
                                 Outputs::kLast};
    ASSERT_TRUE(r.executor->run({&sequence, 1}, logits, nullptr).ok());
  }
  const std::span<const ExecutorStageTime> times = r.executor->stage_times();
  ASSERT_EQ(times.size(), r.model->program().stages.size());
  std::uint64_t n_bytes = 0;
  for (const ExecutorStageTime& time : times) {
    EXPECT_EQ(time.n_runs, kTokens);
    EXPECT_GT(time.seconds, 0);
    EXPECT_GT(time.worked_s, 0);
    EXPECT_LE(time.worked_s, time.thread_s);
    n_bytes += time.n_bytes;
  }
  const std::size_t kv_bytes = kv.layout().token_bytes() * (1 + 2 + 3);
  EXPECT_EQ(n_bytes, kTokens * r.model->decode_bytes() + kv_bytes);
}

// A Stage that asks for a cancel and takes it back before anybody but the threads can have seen it.
struct RashStage final : Stage {
  std::atomic<bool>* flag = nullptr;
  void run(ProgramRun& run) const noexcept override {
    run.ops->parallel(4, [&](int, int) noexcept { *flag = true; });
    *flag = false;
  }
  [[nodiscard]] std::string describe() const override { return "rash"; }
};

TEST(Executor, ACancelThatIsTakenBackInAStageHasCancelledIt) {
  const Golden golden = read_golden("llama-q4_0");
  Runnable r = make_runnable(golden.path, **kernels::select_kernels(), {{Precision::kFast, {}}});
  std::atomic<bool> flag = false;
  Program program;
  auto rash = std::make_unique<RashStage>();
  rash->flag = &flag;
  program.stages.push_back(std::move(rash));
  const auto executor = Executor::create(program, r.model->kernels(), *r.pool, golden.vocab_size, {16, 1});
  ASSERT_TRUE(executor.ok());
  KvSequence kv(*r.kv_pool, 64);
  const TokenId token = 1;
  const BatchSequence sequence{&kv, {&token, 1}, Outputs::kNone};
  EXPECT_EQ((*executor)->run({&sequence, 1}, {}, &flag).code(), StatusCode::kCancelled);
  EXPECT_EQ(kv.n_tokens(), 0);
}

TEST(Executor, RefusesWhatDoesNotFit) {
  const Golden golden = read_golden("llama-q4_0");
  Runnable r = make_runnable(golden.path, **kernels::select_kernels(), {{Precision::kFast, {}}, 1, 16});
  KvSequence kv(*r.kv_pool, 20);
  std::vector<float> logits(static_cast<std::size_t>(golden.vocab_size));
  const auto code = [&](std::vector<TokenId> tokens, std::span<float> out) {
    const BatchSequence sequence{&kv, tokens, Outputs::kLast};
    return r.executor->run({&sequence, 1}, out, nullptr).code();
  };
  EXPECT_EQ(code({}, logits), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({-1}, logits), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({golden.vocab_size}, logits), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(std::vector<TokenId>(17, 1), logits), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({1}, std::span(logits).first(3)), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(std::vector<TokenId>(16, 1), logits), StatusCode::kOk);
  EXPECT_EQ(code(std::vector<TokenId>(5, 1), logits), StatusCode::kResourceExhausted);
  EXPECT_EQ(kv.n_tokens(), 16);
}

TEST(Plan, DescribesFusedAndPlainStages) {
  const Golden golden = read_golden("llama-q4_0");
  Runnable r = make_runnable(golden.path, **kernels::select_kernels(), {{Precision::kFast, {}}});
  const std::string text = r.model->program().describe(r.model->weights());
  EXPECT_NE(text.find("norm+quantize+qkv+rope+kv_write q4_0"), std::string::npos) << text;
  EXPECT_NE(text.find("attention 4 heads of 16"), std::string::npos) << text;
}

}  // namespace
}  // namespace tenfold
