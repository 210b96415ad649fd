// Encoders, and the hidden rows of decoders, on every instruction set that this machine runs: right by transformers,
// equal to themselves bit for bit.
#include <gtest/gtest.h>

#include "cpu/runnable_testing.h"
#include "kernels/select.h"
#include "model/golden_testing.h"

namespace tenfold {
namespace {

std::vector<TokenId> some_text(const Golden& golden, int n, int step) {
  std::vector<TokenId> tokens;
  for (int i = 0; i < n; ++i) {
    tokens.push_back(golden.prompt[static_cast<std::size_t>(i * step) % golden.prompt.size()]);
  }
  return tokens;
}

// The hidden rows of all tokens.
std::vector<float> hidden_rows(Runnable& r, std::span<const TokenId> tokens, int chunk = 512) {
  const auto dim = static_cast<std::size_t>(r.model->spec().model_dim);
  KvSequence kv(*r.kv_pool, 1024);
  std::vector<float> rows(tokens.size() * dim);
  for (std::size_t at = 0; at < tokens.size(); at += static_cast<std::size_t>(chunk)) {
    const std::size_t n = std::min(static_cast<std::size_t>(chunk), tokens.size() - at);
    const BatchSequence sequence{&kv, tokens.subspan(at, n), Outputs::kAll};
    const Status status =
        r.executor->run({&sequence, 1}, std::span(rows).subspan(at * dim, n * dim), nullptr, OutputKind::kHidden);
    EXPECT_TRUE(status.ok()) << status.to_string();
  }
  return rows;
}

RunnableOptions options_of(Precision precision, int n_threads = 2, FusionOptions fusion = {}) {
  RunnableOptions options{{precision, fusion}, n_threads, 96};
  if (precision == Precision::kFast) options.kv_type = kernels::KvType::kF16;
  options.n_ctx = 96;
  return options;
}

class Encoder : public testing::TestWithParam<std::tuple<std::string, const kernels::KernelTable*>> {
 protected:
  const Golden golden_ = read_golden(std::get<0>(GetParam()));
  const kernels::KernelTable& kernels_ = *std::get<1>(GetParam());
};

TEST_P(Encoder, ExactRowsAreThoseOfTransformers) {
  Runnable r = make_runnable(golden_.path, kernels_, options_of(Precision::kExact));
  EXPECT_LE(nmse(hidden_rows(r, golden_.prompt), golden_.logits), 1e-9);
}

TEST_P(Encoder, FastIsCloseToExact) {
  Runnable exact = make_runnable(golden_.path, kernels_, options_of(Precision::kExact));
  Runnable fast = make_runnable(golden_.path, kernels_, options_of(Precision::kFast));
  // See GoldenModel.FastIsCloseToExact.
  EXPECT_LE(nmse(hidden_rows(fast, golden_.prompt), hidden_rows(exact, golden_.prompt)), 1e-2);
}

TEST_P(Encoder, RowsDoNotDependOnThreadsOrFusion) {
  const std::vector<TokenId> tokens = some_text(golden_, 90, 7);
  for (const Precision precision : {Precision::kFast, Precision::kExact}) {
    Runnable reference = make_runnable(golden_.path, kernels_, options_of(precision, 1));
    const std::vector<float> expected = hidden_rows(reference, tokens);
    for (const int n_threads : {2, 3, 8}) {
      Runnable r = make_runnable(golden_.path, kernels_, options_of(precision, n_threads));
      EXPECT_TRUE(same_bits(hidden_rows(r, tokens), expected)) << n_threads << " threads";
    }
    Runnable plain = make_runnable(golden_.path, kernels_, options_of(precision, 2, FusionOptions::none()));
    EXPECT_TRUE(same_bits(hidden_rows(plain, tokens), expected)) << "plain stages";
  }
}

TEST_P(Encoder, RowsDoNotDependOnNeighboursInTheBatch) {
  Runnable r = make_runnable(golden_.path, kernels_, options_of(Precision::kFast));
  const std::vector<TokenId> mine = some_text(golden_, 40, 7), before = some_text(golden_, 3, 1),
                             after = some_text(golden_, 21, 5);
  const std::vector<float> alone = hidden_rows(r, mine);
  const auto dim = static_cast<std::size_t>(r.model->spec().model_dim);
  KvSequence a(*r.kv_pool, 96), b(*r.kv_pool, 96), c(*r.kv_pool, 96);
  const BatchSequence batch[] = {{&a, before, Outputs::kLast}, {&b, mine, Outputs::kAll}, {&c, after, Outputs::kNone}};
  std::vector<float> rows((1 + mine.size()) * dim);
  ASSERT_TRUE(r.executor->run(batch, rows, nullptr, OutputKind::kHidden).ok());
  EXPECT_TRUE(same_bits(std::span(rows).subspan(dim), alone));
}

TEST_P(Encoder, EveryTokenSeesTheWholeText) {
  Runnable r = make_runnable(golden_.path, kernels_, options_of(Precision::kExact));
  std::vector<TokenId> tokens = some_text(golden_, 20, 3);
  const auto dim = static_cast<std::size_t>(r.model->spec().model_dim);
  const std::vector<float> first = hidden_rows(r, tokens);
  tokens.back() = tokens.back() == 7 ? 8 : 7;
  const std::vector<float> second = hidden_rows(r, tokens);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    EXPECT_FALSE(same_bits(std::span(first).subspan(t * dim, dim), std::span(second).subspan(t * dim, dim))) << t;
  }
}

std::vector<std::tuple<std::string, const kernels::KernelTable*>> every_encoder_on_every_isa() {
  std::vector<std::tuple<std::string, const kernels::KernelTable*>> all;
  for (const char* name : {"bert-f32", "bert-q8_0"}) {
    for (const kernels::KernelTable* table : kernels::runnable_kernels()) all.emplace_back(name, table);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, Encoder, testing::ValuesIn(every_encoder_on_every_isa()), [](const auto& test) {
  std::string name = std::get<0>(test.param) + "_" + std::get<1>(test.param)->isa;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

TEST(Encoder, RefusesWhatItCannotRun) {
  const Golden golden = read_golden("bert-f32");
  RunnableOptions options = options_of(Precision::kExact);
  options.max_tokens = 200;
  Runnable r = make_runnable(golden.path, **kernels::select_kernels(), options);
  EXPECT_FALSE(r.model->plan().has_logits());
  const auto run = [&](KvSequence& kv, int n, Outputs outputs, std::size_t n_floats, OutputKind kind) {
    const std::vector<TokenId> tokens(static_cast<std::size_t>(n), 5);
    const BatchSequence sequence{&kv, tokens, outputs};
    std::vector<float> rows(n_floats);
    return r.executor->run({&sequence, 1}, rows, nullptr, kind);
  };
  KvSequence kv(*r.kv_pool, 200);
  const Status too_long = run(kv, 97, Outputs::kLast, 64, OutputKind::kHidden);
  EXPECT_EQ(too_long.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(too_long.message().find("0…95"), std::string_view::npos) << too_long.to_string();
  EXPECT_EQ(run(kv, 4, Outputs::kLast, 64, OutputKind::kLogits).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(run(kv, 4, Outputs::kAll, 64, OutputKind::kHidden).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(kv.n_tokens(), 0);
  EXPECT_EQ(run(kv, 4, Outputs::kLast, 64, OutputKind::kHidden).code(), StatusCode::kOk);
  const Status goes_on = run(kv, 4, Outputs::kLast, 64, OutputKind::kHidden);
  EXPECT_EQ(goes_on.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(goes_on.message().find("one step"), std::string_view::npos) << goes_on.to_string();
}

// logits = output · hidden row, for every kind of plan and however the text is fed.
TEST(HiddenRows, OfADecoderAreWhatItsOutputHeadReads) {
  const Golden golden = read_golden("llama-untied-biases-f16");
  Runnable r = make_runnable(golden.path, **kernels::select_kernels(), {{Precision::kExact, {}}});
  const std::vector<float> logits = run_all(r, golden.prompt, 512);
  const std::vector<float> rows = hidden_rows(r, golden.prompt);
  const auto& head = std::get<Project>(r.model->plan().operators.back().op);
  const PackedMatrix& output = r.model->packed().matrix(head.matrix);
  const auto dim = static_cast<std::size_t>(output.k);
  std::vector<float> weight(dim), products(logits.size());
  for (int token = 0; token < output.n; ++token) {
    packed_row_to_f32(r.model->kernels(), output, token, weight.data());
    for (std::size_t t = 0; t < golden.prompt.size(); ++t) {
      double sum = 0;
      for (std::size_t i = 0; i < dim; ++i) sum += static_cast<double>(weight[i]) * rows[t * dim + i];
      products[t * static_cast<std::size_t>(output.n) + static_cast<std::size_t>(token)] = static_cast<float>(sum);
    }
  }
  EXPECT_LE(nmse(products, logits), 1e-10);

  for (const Precision precision : {Precision::kFast, Precision::kExact}) {
    const Golden quantized = read_golden("llama-q4_0");
    Runnable fused = make_runnable(quantized.path, **kernels::select_kernels(), {{precision, {}}});
    Runnable plain = make_runnable(quantized.path, **kernels::select_kernels(), {{precision, FusionOptions::none()}});
    const std::vector<float> expected = hidden_rows(fused, quantized.prompt);
    EXPECT_TRUE(same_bits(hidden_rows(plain, quantized.prompt), expected));
    EXPECT_TRUE(same_bits(hidden_rows(fused, quantized.prompt, 1), expected));
    EXPECT_TRUE(same_bits(hidden_rows(fused, quantized.prompt, 7), expected));
  }
}

}  // namespace
}  // namespace tenfold
