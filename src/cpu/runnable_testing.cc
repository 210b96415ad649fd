#include "cpu/runnable_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tenfold {

Runnable make_runnable(const std::string& path, const kernels::KernelTable& kernels, const RunnableOptions& options) {
  Runnable r;
  auto file = GgufFile::open(path);
  EXPECT_TRUE(file.ok()) << file.status().to_string();
  auto model = Model::bind(**file, kernels, options.model);
  EXPECT_TRUE(model.ok()) << model.status().to_string();
  r.model = std::move(model).value();
  r.pool = std::move(TaskPool::create(options.n_threads)).value();
  const Status loaded = r.model->load(*r.pool, options.cache, options.n_ctx, nullptr);
  EXPECT_TRUE(loaded.ok()) << loaded.to_string();
  const ArchSpec& spec = r.model->spec();
  auto layout = r.model->kv_layout(options.kv_type, {options.n_ctx, options.max_tokens});
  EXPECT_TRUE(layout.ok()) << layout.status().to_string();
  r.kv_pool = std::move(KvPool::create(std::move(layout).value(), 4)).value();
  r.executor =
      std::move(Executor::create(r.model->program(), kernels, *r.pool, spec.vocab_size, {options.max_tokens, 8}))
          .value();
  return r;
}

std::vector<float> run_all(Runnable& r, const std::vector<TokenId>& tokens, int chunk) {
  const auto vocab = static_cast<std::size_t>(r.model->spec().vocab_size);
  KvSequence kv(*r.kv_pool, 1024);
  std::vector<float> logits(tokens.size() * vocab);
  for (std::size_t at = 0; at < tokens.size(); at += static_cast<std::size_t>(chunk)) {
    const std::size_t n = std::min(static_cast<std::size_t>(chunk), tokens.size() - at);
    const BatchSequence sequence{&kv, std::span(tokens).subspan(at, n), Outputs::kAll};
    const Status status = r.executor->run({&sequence, 1}, std::span(logits).subspan(at * vocab, n * vocab), nullptr);
    EXPECT_TRUE(status.ok()) << status.to_string();
  }
  return logits;
}

std::vector<float> run_prompt(Runnable& r, const std::vector<TokenId>& tokens, int chunk) {
  KvSequence kv(*r.kv_pool, 1024);
  std::vector<float> logits(static_cast<std::size_t>(r.model->spec().vocab_size));
  for (std::size_t at = 0; at < tokens.size(); at += static_cast<std::size_t>(chunk)) {
    const std::size_t n = std::min(static_cast<std::size_t>(chunk), tokens.size() - at);
    const bool last = at + n == tokens.size();
    const BatchSequence sequence{&kv, std::span(tokens).subspan(at, n), last ? Outputs::kLast : Outputs::kNone};
    const Status status = r.executor->run({&sequence, 1}, last ? std::span(logits) : std::span<float>(), nullptr);
    EXPECT_TRUE(status.ok()) << status.to_string();
  }
  return logits;
}

}  // namespace tenfold
