// Every family's checkpoint in tests/data/checkpoints, converted and run on every instruction set of this machine.
#include <gtest/gtest.h>

#include <algorithm>

#include "converted_testing.h"
#include "cpu/runnable_testing.h"
#include "kernels/select.h"
#include "model/golden_testing.h"
#include "model/reference_testing.h"

namespace tenfold {
namespace {

// What transformers says: the last rows of logits for each of two prompts.
struct Expected {
  std::vector<std::vector<TokenId>> prompts;
  std::size_t n_rows = 0;     // for each prompt
  std::vector<float> logits;  // [2·n_rows, vocab_size]

  [[nodiscard]] std::span<const float> rows(std::size_t prompt) const {
    return std::span(logits).subspan(prompt * logits.size() / 2, logits.size() / 2);
  }
};

Expected read_expected(const std::string& name) {
  Expected expected;
  const Json json = read_json(checkpoint_path(name + ".json"));
  expected.prompts = json["prompts"].get<std::vector<std::vector<TokenId>>>();
  expected.n_rows = json["rows_a_prompt"].get<std::size_t>();
  expected.logits = read_npy(checkpoint_path(name + ".npy"));
  return expected;
}

class Families : public testing::TestWithParam<std::tuple<std::string, const kernels::KernelTable*>> {
 protected:
  // n_ctx: transformers takes rope's divisors for the text that there is.
  [[nodiscard]] Runnable runnable(const std::string& path, RunnableOptions options) const {
    return make_runnable(path, kernels_, options);
  }
  // The rows of logits that transformers' are given for.
  [[nodiscard]] std::vector<float> last_rows(std::vector<float> logits) const {
    const std::size_t n = expected_.rows(0).size();
    return {logits.end() - static_cast<std::ptrdiff_t>(n), logits.end()};
  }

  const std::string& name_ = std::get<0>(GetParam());
  const kernels::KernelTable& kernels_ = *std::get<1>(GetParam());
  const Expected expected_ = read_expected(name_);
};

TEST_P(Families, ExactLogitsAreThoseOfTransformers) {
  for (std::size_t i = 0; i < expected_.prompts.size(); ++i) {
    const std::vector<TokenId>& prompt = expected_.prompts[i];
    RunnableOptions options{{Precision::kExact, {}}};
    options.n_ctx = static_cast<int>(prompt.size());
    for (const int chunk : {512, 1}) {  // prefill, and decode step by step
      Runnable r = runnable(converted(name_, std::nullopt), options);
      EXPECT_LE(nmse(last_rows(run_all(r, prompt, chunk)), expected_.rows(i)), 1e-9) << "prompt " << i;
    }
  }
}

TEST_P(Families, ExactLogitsAreThoseOfThePlanInDoublePrecision) {
  const std::string path = converted(name_, std::nullopt);
  const auto file = std::move(GgufFile::open(path)).value();
  RunnableOptions options{{Precision::kExact, {}}};
  options.n_ctx = static_cast<int>(expected_.prompts[0].size());
  Runnable r = runnable(path, options);
  Reference reference(*file, r.model->weights(), r.model->plan(), options.n_ctx);
  const std::vector<float> logits = reference.logits(reference_text(expected_.prompts[0]));
  EXPECT_LE(nmse(run_all(r, expected_.prompts[0], 512), logits), 1e-10);
  EXPECT_LE(nmse(last_rows(logits), expected_.rows(0)), 1e-9) << "transformers";
}

TEST_P(Families, TwoSequencesInOneBatchAreAsTransformersHasThem) {
  RunnableOptions options{{Precision::kExact, {}}};
  options.n_ctx = static_cast<int>(expected_.prompts[0].size());
  Runnable r = runnable(converted(name_, std::nullopt), options);
  KvSequence a(*r.kv_pool, 256), b(*r.kv_pool, 256);
  const auto vocab = static_cast<std::size_t>(r.model->spec().vocab_size);
  const std::size_t n_first = expected_.prompts[0].size();
  std::vector<float> logits((n_first + expected_.prompts[1].size()) * vocab);
  const BatchSequence batch[] = {{&a, expected_.prompts[0], Outputs::kAll}, {&b, expected_.prompts[1], Outputs::kAll}};
  ASSERT_TRUE(r.executor->run(batch, logits, nullptr).ok());
  const std::vector<float> first(logits.begin(), logits.begin() + static_cast<std::ptrdiff_t>(n_first * vocab));
  EXPECT_LE(nmse(last_rows(first), expected_.rows(0)), 1e-9);
  if (r.model->spec().short_ctx < static_cast<int>(n_first)) return;  // the second prompt would have other angles
  EXPECT_LE(nmse(last_rows(logits), expected_.rows(1)), 1e-9);
}

TEST_P(Families, FastIsCloseToExact) {
  const std::string path = converted(name_, DType::kQ8_0);
  Runnable exact = runnable(path, {{Precision::kExact, {}}});
  Runnable fast = runnable(path, {{Precision::kFast, {}}, 2, 512, kernels::KvType::kF16});
  EXPECT_LE(nmse(run_all(fast, expected_.prompts[0], 512), run_all(exact, expected_.prompts[0], 512)), 1e-2);
}

TEST_P(Families, LogitsDoNotDependOnThreadsChunksOrFusion) {
  const std::string path = converted(name_, DType::kQ8_0);
  for (const Precision precision : {Precision::kFast, Precision::kExact}) {
    const auto kv = precision == Precision::kFast ? kernels::KvType::kF16 : kernels::KvType::kF32;
    Runnable reference = runnable(path, {{precision, FusionOptions::none()}, 1, 512, kv});
    const std::vector<float> expected = run_all(reference, expected_.prompts[0], 512);
    for (const auto& [n_threads, chunk] : std::vector<std::pair<int, int>>{{1, 512}, {2, 1}, {3, 7}, {8, 20}}) {
      Runnable r = runnable(path, {{precision, {}}, n_threads, 512, kv});
      EXPECT_TRUE(same_bits(run_all(r, expected_.prompts[0], chunk), expected))
          << n_threads << " threads, chunks of " << chunk;
    }
    Runnable fused = runnable(path, {{precision, {}}, 2, 512, kv});
    const std::span<const float> last =
        std::span(expected).last(static_cast<std::size_t>(reference.model->spec().vocab_size));
    for (const int chunk : {8, 9}) {
      EXPECT_TRUE(same_bits(run_prompt(fused, expected_.prompts[0], chunk), last)) << "a prompt in chunks of " << chunk;
      EXPECT_TRUE(same_bits(run_prompt(reference, expected_.prompts[0], chunk), last))
          << "plain, a prompt in chunks of " << chunk;
    }
  }
}

// A layer is so many parallel regions at decode: of sandwich norms two more, of experts as many as their operators.
TEST_P(Families, ALayerIsFewRegionsAtDecode) {
  Runnable r = runnable(converted(name_, DType::kQ8_0), {{Precision::kFast, {}}, 2, 512, kernels::KvType::kF16});
  const ArchSpec& spec = r.model->spec();
  KvSequence kv(*r.kv_pool, 256);
  std::vector<float> logits(static_cast<std::size_t>(spec.vocab_size));
  const std::int64_t before = r.executor->n_regions();
  const TokenId token = 5;
  const BatchSequence decode{&kv, {&token, 1}, Outputs::kLast};
  ASSERT_TRUE(r.executor->run({&decode, 1}, logits, nullptr).ok());
  std::int64_t most = 5;  // the embedding, angles for two kinds of layers, gathering, the head
  for (int layer = 0; layer < spec.n_layers; ++layer) most += spec.has_experts(layer) ? 19 : spec.post_norms ? 7 : 5;
  EXPECT_LE(r.executor->n_regions() - before, most);
}

std::vector<std::tuple<std::string, const kernels::KernelTable*>> every_family_on_every_isa() {
  std::vector<std::tuple<std::string, const kernels::KernelTable*>> all;
  for (const std::string& name : checkpoint_names()) {
    for (const kernels::KernelTable* table : kernels::runnable_kernels()) all.emplace_back(name, table);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, Families, testing::ValuesIn(every_family_on_every_isa()), [](const auto& info) {
  std::string name = std::get<0>(info.param) + "_" + std::get<1>(info.param)->isa;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace tenfold
