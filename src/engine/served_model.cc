#include "engine/served_model.h"

#include <algorithm>

#include "base/clock.h"

namespace tenfold {

namespace {

kernels::KvType kv_type(const EngineOptions& options) {
  if (options.precision == Precision::kExact) return kernels::KvType::kF32;
  switch (options.kv_type) {
    case KvCacheType::kF16: return kernels::KvType::kF16;
    case KvCacheType::kQ8_0: return kernels::KvType::kQ8_0;
    case KvCacheType::kF32: return kernels::KvType::kF32;
  }
  return kernels::KvType::kF16;
}

int blocks_for(int n_tokens) { return (n_tokens + kernels::kKvBlock - 1) / kernels::kKvBlock; }

}  // namespace

Result<ServedModel> ServedModel::bind(const GgufFile& file, const kernels::KernelTable& kernels,
                                      const EngineOptions& options) {
  ServedModel served;
  const ModelOptions how{options.precision, options.fuse ? FusionOptions() : FusionOptions::none()};
  TENFOLD_ASSIGN_OR_RETURN(served.model, Model::bind(file, kernels, how));
  return served;
}

Status ServedModel::size_up(const EngineOptions& options, int n_ctx, int n_threads) {
  const ArchSpec& spec = model->spec();
  const kernels::KernelTable& kernels = model->kernels();
  TENFOLD_ASSIGN_OR_RETURN(kv,
                           KvLayout::create(kernels, kv_type(options), spec.n_layers, spec.n_kv_heads, spec.head_dim));
  limits = {spec.causal() ? std::min(options.prefill_chunk, n_ctx) : n_ctx, 1};
  session_blocks = blocks_for(n_ctx);
  cache_bytes = kv.block_bytes * static_cast<std::uint64_t>(session_blocks);
  working_bytes =
      std::max(Executor::plan_memory(model->plan(), kernels, limits).n_bytes(n_threads), model->load_bytes(n_threads));
  return {};
}

Status ServedModel::load(TaskPool& pool, const PackedCache* cache, const EngineOptions& options, int n_ctx,
                         const std::function<bool(double)>& on_progress) {
  TENFOLD_RETURN_IF_ERROR(model->load(pool, cache, n_ctx, on_progress));
  TENFOLD_ASSIGN_OR_RETURN(kv_pool, KvPool::create(kv, (options.max_sessions + 1) * session_blocks, session_blocks));
  TENFOLD_ASSIGN_OR_RETURN(executor,
                           Executor::create(model->plan(), model->kernels(), pool, model->spec().vocab_size, limits));
  if (options.time_steps) executor->time_steps();
  return {};
}

std::size_t ServedModel::step_limit(const BatchScheduler::Client& turns) const {
  const int longest = executor->limits().max_tokens;
  const bool whole = !model->spec().causal();  // an encoder's text is one step
  return static_cast<std::size_t>(whole || !turns.has_company() ? longest : pace.shared_step(longest));
}

std::vector<StepTime> ServedModel::step_times() const {
  std::vector<StepTime> times;
  const std::span<const ExecutorStepTime> measured = executor->step_times();
  for (std::size_t i = 0; i < measured.size(); ++i) {
    const std::string name = model->plan().steps[i]->describe();
    const auto same = std::find_if(times.begin(), times.end(), [&](const StepTime& time) { return time.step == name; });
    StepTime& sum = same != times.end() ? *same : times.emplace_back(StepTime{.step = name});
    sum.n_runs += measured[i].n_runs;
    sum.seconds += measured[i].seconds;
    sum.thread_seconds += measured[i].thread_s;
    sum.waited_seconds += measured[i].thread_s - measured[i].worked_s;
    sum.bytes_read += measured[i].n_bytes;
  }
  return times;
}

Status ServedModel::run(const BatchSequence& sequence, std::span<float> rows, const std::atomic<bool>& cancel,
                        OutputKind kind) {
  const double begin = monotonic_seconds();
  TENFOLD_RETURN_IF_ERROR(executor->run({&sequence, 1}, rows, &cancel, kind));
  pace.record(static_cast<int>(sequence.tokens.size()), monotonic_seconds() - begin);
  return {};
}

}  // namespace tenfold
