// batch_bench MODEL.gguf [--threads N] [--depth D] [--sizes 1,2,3,4,8] [--rounds R]: what a step costs for several
// sequences at once.
//
// Every sequence holds D tokens and gets one more, with its logits. The sizes take turns, round after round, so that a
// passing disturbance meets all of them; the best time of each counts.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "cpu/executor.h"
#include "cpu/model.h"
#include "kernels/select.h"

namespace tenfold {
namespace {

struct Flags {
  std::string path;
  int n_threads = 2;
  int depth = 16;
  int rounds = 30;
  std::vector<int> sizes = {1, 2, 3, 4, 8};
};

constexpr int kMaxSize = 64;

// Seconds of one step for each of the first `size` sequences, which are as before afterwards.
Result<double> time_step(Executor& executor, std::span<const std::unique_ptr<KvSequence>> sequences, int vocab_size,
                         std::vector<float>& logits) {
  const TokenId token = 11;
  std::vector<BatchSequence> batch;
  for (const auto& kv : sequences) batch.push_back({kv.get(), {&token, 1}, Outputs::kLast});
  const std::size_t n_logits = batch.size() * static_cast<std::size_t>(vocab_size);
  const double begin = monotonic_seconds();
  TENFOLD_RETURN_IF_ERROR(executor.run(batch, std::span(logits).first(n_logits), nullptr));
  const double seconds = monotonic_seconds() - begin;
  for (const auto& kv : sequences) kv->truncate(kv->n_tokens() - 1);
  return seconds;
}

Status fill(Executor& executor, KvSequence& kv, int depth) {
  const std::vector<TokenId> tokens(static_cast<std::size_t>(depth), 7);
  const BatchSequence sequence{&kv, tokens, Outputs::kNone};
  return depth == 0 ? Status() : executor.run({&sequence, 1}, {}, nullptr);
}

Status measure(const Flags& flags) {
  const int largest = *std::max_element(flags.sizes.begin(), flags.sizes.end());
  TENFOLD_ASSIGN_OR_RETURN(const kernels::KernelTable* kernels, kernels::select_kernels());
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<GgufFile> file, GgufFile::open(flags.path));
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, Model::bind(*file, *kernels, {}));
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<TaskPool> pool, TaskPool::create(flags.n_threads));
  TENFOLD_RETURN_IF_ERROR(model->load(*pool, nullptr, 4096, nullptr));
  const ArchSpec& spec = model->spec();
  const KvLimits limits{flags.depth + 1, std::max(flags.depth, 1)};
  TENFOLD_ASSIGN_OR_RETURN(KvLayout layout, model->kv_layout(kernels::KvType::kF16, limits));
  TENFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<KvPool> kv_pool, KvPool::create(std::move(layout), largest));
  TENFOLD_ASSIGN_OR_RETURN(
      const std::unique_ptr<Executor> executor,
      Executor::create(model->program(), *kernels, *pool, spec.vocab_size, {std::max(flags.depth, largest), largest}));
  std::vector<std::unique_ptr<KvSequence>> sequences;
  for (int i = 0; i < largest; ++i) {
    sequences.push_back(std::make_unique<KvSequence>(*kv_pool, flags.depth + 1));
    TENFOLD_RETURN_IF_ERROR(fill(*executor, *sequences.back(), flags.depth));
  }
  std::vector<float> logits(static_cast<std::size_t>(largest) * static_cast<std::size_t>(spec.vocab_size));
  std::vector<double> best(flags.sizes.size(), 1e30);
  for (int round = 0; round < flags.rounds; ++round) {
    for (std::size_t i = 0; i < flags.sizes.size(); ++i) {
      const auto some = std::span(sequences).first(static_cast<std::size_t>(flags.sizes[i]));
      TENFOLD_ASSIGN_OR_RETURN(const double seconds, time_step(*executor, some, spec.vocab_size, logits));
      best[i] = std::min(best[i], seconds);
    }
  }
  std::printf("%9s %9s %9s %9s %8s\n", "sequences", "ms/step", "ratio", "tok/s", "GB/s");
  for (std::size_t i = 0; i < best.size(); ++i) {
    std::printf("%9d %9.3f %9.2f %9.1f %8.1f\n", flags.sizes[i], best[i] * 1e3, best[i] / best[0],
                flags.sizes[i] / best[i], static_cast<double>(model->decode_bytes()) / best[i] / 1e9);
  }
  return {};
}

}  // namespace
}  // namespace tenfold

int main(int argc, char** argv) {
  CLI::App program("Times steps of several sequences at once.");
  tenfold::Flags flags;
  program.add_option("MODEL", flags.path, "A GGUF file")->required();
  program.add_option("--threads", flags.n_threads, "Threads")->check(CLI::Range(1, 1024));
  program.add_option("--depth", flags.depth, "Tokens before the step")->check(CLI::Range(0, 1 << 20));
  program.add_option("--sizes", flags.sizes, "Numbers of sequences")
      ->delimiter(',')
      ->check(CLI::Range(1, tenfold::kMaxSize));
  program.add_option("--rounds", flags.rounds, "Steps of each size; the best counts")->check(CLI::Range(1, 1 << 20));
  CLI11_PARSE(program, argc, argv);
  const tenfold::Status status = tenfold::measure(flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "batch_bench: %s\n", status.to_string().c_str());
  return 1;
}
