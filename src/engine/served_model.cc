#include "engine/served_model.h"

#include <algorithm>

#include "base/clock.h"
#include "base/contracts.h"
#include "base/error.h"
#include "model_file/pread_file.h"

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

}  // namespace

Result<std::unique_ptr<ServedModel>> ServedModel::open(const ModelSource& source, Role role,
                                                       const kernels::KernelTable& kernels,
                                                       const EngineOptions& options) {
  std::unique_ptr<ServedModel> served(new ServedModel(role));
  const std::string_view label = role == Role::kDrafts ? "draft model" : "";
  Result<std::unique_ptr<GgufFile>> file = source.open();
  if (!file.ok()) return label.empty() ? file.status() : file.status().with_context(label);
  served->file_ = std::move(file).value();
  served->name_ = cat(label, label.empty() ? "" : " ", printable_base_name(source.path));
  const ModelOptions how{options.precision, options.fuse ? FusionOptions() : FusionOptions::none()};
  Result<std::unique_ptr<Model>> model = Model::bind(*served->file_, kernels, how);
  if (!model.ok()) return model.status().with_context(served->name_);
  served->model = std::move(model).value();
  return served;
}

Status ServedModel::size_up(const ServingSize& size, MemoryNeeds& needs) {
  const ArchSpec& spec = model->spec();
  limits = {spec.causal() ? std::min(size.options.prefill_chunk, size.n_ctx) : size.n_ctx, 1};
  TENFOLD_ASSIGN_OR_RETURN(kv, model->kv_layout(kv_type(size.options), {size.n_ctx, limits.max_tokens}));
  cache_bytes = kv.text_bytes();
  working_bytes = std::max(Executor::plan_memory(model->program(), model->kernels(), limits).n_bytes(size.n_threads),
                           model->load_bytes(size.n_threads));
  needs.weights += model->weight_bytes();
  needs.session_cache += cache_bytes;
  needs.working += working_bytes;
  return {};
}

Status ServedModel::load(const LoadTools& tools) {
  TENFOLD_DCHECK(limits.max_tokens > 0 && !is_loaded_);
  const double n_bytes = static_cast<double>(bytes_to_load());
  const auto on_progress = [&](double fraction) {
    weights_read_ = static_cast<std::uint64_t>(fraction * n_bytes);
    return !tools.on_progress || tools.on_progress(fraction);
  };
  const Status loaded =
      load_in_turns(tools.turns, flag_or_never(nullptr), on_progress, [&](const OnProgress& between_turns) {
        return model->load(tools.pool, tools.cache, tools.size.n_ctx, between_turns);
      });
  TENFOLD_RETURN_IF_ERROR(loaded.with_context(name_));
  // A session that is being restored has the old text and the new one.
  TENFOLD_ASSIGN_OR_RETURN(kv_pool, KvPool::create(kv, 2 * tools.size.options.max_sessions + 1));
  TENFOLD_ASSIGN_OR_RETURN(
      executor, Executor::create(model->program(), model->kernels(), tools.pool, model->spec().vocab_size, limits));
  if (tools.size.options.time_stages) executor->time_stages();
  weights_read_ = bytes_to_load();
  is_loaded_.store(true, std::memory_order_release);
  return {};
}

Status ServedModel::let_go_of_file() {
  TENFOLD_DCHECK(is_loaded_ && file_ != nullptr);
  const Status unchanged = file_->expect_unchanged();
  file_.reset();
  return role_ == Role::kDrafts ? unchanged.with_context("draft model") : unchanged;
}

// The address space of the weights is reserved from open() on.
MemoryInUse ServedModel::in_use() const noexcept {
  MemoryInUse in_use{weights_read_, model->weight_bytes()};
  if (!is_loaded_.load(std::memory_order_acquire)) return in_use;
  in_use.touched += kv_pool->bytes_touched();
  in_use.mapped += kv_pool->bytes_mapped() + working_bytes;
  return in_use;
}

void ServedModel::keep(int n_sessions) noexcept {
  if (is_loaded_.load(std::memory_order_acquire)) kv_pool->keep(n_sessions);
}

std::size_t ServedModel::step_limit(const BatchScheduler::Client& turns) const {
  const int longest = executor->limits().max_tokens;
  const bool whole = !model->spec().causal();  // an encoder's text is one step
  return static_cast<std::size_t>(whole || !turns.has_company() ? longest : pace.shared_step(longest));
}

std::vector<StageTime> ServedModel::stage_times() const {
  std::vector<StageTime> times;
  const std::span<const ExecutorStageTime> measured = executor->stage_times();
  for (std::size_t i = 0; i < measured.size(); ++i) {
    const std::string name = model->program().stages[i]->describe();
    const auto same =
        std::find_if(times.begin(), times.end(), [&](const StageTime& time) { return time.stage == name; });
    StageTime& sum = same != times.end() ? *same : times.emplace_back(StageTime{.stage = name});
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
