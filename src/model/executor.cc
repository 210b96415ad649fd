#include "model/executor.h"

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"

namespace tenfold {

ExecutorMemory Executor::plan_memory(const Plan& plan, const kernels::KernelTable& kernels,
                                     const ExecutorLimits& limits) {
  ExecutorMemory memory{tenfold::plan_memory(value_lives(plan, limits.max_tokens, limits.max_tokens)), 0};
  for (const auto& step : plan.steps)
    memory.scratch_bytes = std::max(memory.scratch_bytes, step->scratch_bytes(kernels));
  memory.scratch_bytes = align_64(memory.scratch_bytes);
  return memory;
}

Result<std::unique_ptr<Executor>> Executor::create(const Plan& plan, const kernels::KernelTable& kernels,
                                                   TaskPool& pool, int vocab_size, const ExecutorLimits& limits) {
  std::unique_ptr<Executor> executor(new Executor(plan, vocab_size, limits));
  TENFOLD_RETURN_IF_ERROR(executor->allocate(kernels, pool));
  return executor;
}

Status Executor::allocate(const kernels::KernelTable& kernels, TaskPool& pool) {
  const ExecutorMemory memory = plan_memory(plan_, kernels, limits_);
  TENFOLD_ASSIGN_OR_RETURN(arena_, Arena::create(memory.values.n_bytes));
  for (const std::size_t offset : memory.values.offsets) values_.push_back(arena_.data() + offset);

  const std::size_t scratch_bytes = memory.scratch_bytes;
  const auto n_workers = static_cast<std::size_t>(pool.n_threads());
  TENFOLD_ASSIGN_OR_RETURN(scratch_arena_, Arena::create(scratch_bytes * n_workers));
  scratch_.resize(n_workers);
  for (std::size_t w = 0; w < n_workers; ++w) scratch_[w].data = scratch_arena_.data() + w * scratch_bytes;

  ops_.kernels = &kernels;
  ops_.pool = &pool;
  ops_.scratch = &scratch_;
  ops_.scratch_bytes = scratch_bytes;
  tokens_.reserve(static_cast<std::size_t>(limits_.max_tokens));
  positions_.reserve(static_cast<std::size_t>(limits_.max_tokens));
  input_rows_.reserve(static_cast<std::size_t>(limits_.max_tokens));
  outputs_.reserve(static_cast<std::size_t>(limits_.max_tokens));
  sequences_.reserve(static_cast<std::size_t>(limits_.max_sequences));
  return {};
}

// Flattens the batch into rows: tokens, positions, which rows are wanted, where each sequence lies.
Status Executor::lay_out(std::span<const BatchSequence> batch) {
  tokens_.clear();
  positions_.clear();
  input_rows_.clear();
  outputs_.clear();
  sequences_.clear();
  if (batch.empty() || batch.size() > static_cast<std::size_t>(limits_.max_sequences)) {
    return invalid_argument("batch: expected 1…", limits_.max_sequences, " sequences, found ", batch.size());
  }
  for (const BatchSequence& sequence : batch) TENFOLD_RETURN_IF_ERROR(lay_out(sequence));
  return {};
}

Status Executor::lay_out(const BatchSequence& sequence) {
  const std::size_t room = static_cast<std::size_t>(limits_.max_tokens) - tokens_.size();
  if (sequence.tokens.empty() || sequence.tokens.size() > room) {
    return invalid_argument("batch: expected 1…", limits_.max_tokens, " tokens, found ",
                            tokens_.size() + sequence.tokens.size());
  }
  for (const std::size_t n : {sequence.positions.size(), sequence.input_rows.size()}) {
    if (n != 0 && n != sequence.tokens.size()) {
      return invalid_argument("positions and input rows: expected none or ", sequence.tokens.size(), ", found ", n);
    }
  }
  if (!plan_.causal && sequence.kv->n_tokens() != 0) {
    return invalid_argument("batch: expected the whole text of an encoder in one step, found ", sequence.kv->n_tokens(),
                            " tokens before it");
  }
  const int begin = static_cast<int>(tokens_.size());
  for (std::size_t i = 0; i < sequence.tokens.size(); ++i) {
    const TokenId token = sequence.tokens[i];
    if (token < 0 || token >= vocab_size_) {
      return invalid_argument("token id: expected 0…", vocab_size_ - 1, ", found ", token);
    }
    const int slot = sequence.kv->n_tokens() + static_cast<int>(i);
    positions_.push_back(sequence.positions.empty() ? RopePosition{slot, slot, slot} : sequence.positions[i]);
    if (const int at = positions_.back()[0]; plan_.max_positions > 0 && (at < 0 || at >= plan_.max_positions)) {
      return invalid_argument("position: expected 0…", plan_.max_positions - 1, " as the model has, found ", at);
    }
    input_rows_.push_back(sequence.input_rows.empty() ? nullptr : sequence.input_rows[i]);
    tokens_.push_back(token);
    if (sequence.outputs == Outputs::kAll) outputs_.push_back(static_cast<int>(tokens_.size()) - 1);
  }
  if (sequence.outputs == Outputs::kLast) outputs_.push_back(static_cast<int>(tokens_.size()) - 1);
  sequences_.push_back(
      {sequence.kv->blocks(), begin, static_cast<int>(sequence.tokens.size()), sequence.kv->n_tokens()});
  return {};
}

Status Executor::expect_room(std::size_t n_floats, OutputKind kind) const {
  if (kind == OutputKind::kLogits && !plan_.has_logits() && !outputs_.empty()) {
    return failed_precondition("logits: this model has no output head, it makes vectors");
  }
  const ValueKind wanted = kind == OutputKind::kLogits ? ValueKind::kLogits : ValueKind::kHidden;
  const auto found =
      std::find_if(plan_.values.begin(), plan_.values.end(), [&](const Value& value) { return value.kind == wanted; });
  const std::size_t width = found != plan_.values.end() ? static_cast<std::size_t>(found->width) : 0;
  const std::size_t expected = outputs_.size() * width;
  if (n_floats == expected) return {};
  return invalid_argument("rows: expected room for ", expected, ", found ", n_floats);
}

Status Executor::reserve(std::span<const BatchSequence> batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Status status = batch[i].kv->reserve(static_cast<int>(batch[i].tokens.size()));
    if (!status.ok()) {
      for (std::size_t j = 0; j < i; ++j) batch[j].kv->truncate(batch[j].kv->n_tokens());
      return status;
    }
    sequences_[i].blocks = batch[i].kv->blocks();
  }
  return {};
}

Status Executor::run_steps(StepRun& run, const StepList& steps, std::size_t n) {
  const bool timed = !step_times_.empty() && &steps == &plan_.steps;
  for (std::size_t i = 0; i < n; ++i) {
    if (timed) {
      run_timed(*steps[i], run, step_times_[i]);
    } else {
      steps[i]->run(run);
    }
    if (ops_.cancelled()) return cancelled("the step was cancelled");
  }
  return {};
}

void Executor::time_steps() {
  step_times_.resize(plan_.steps.size());
  ops_.pool->time_work();
}

void Executor::run_timed(const Step& step, StepRun& run, ExecutorStepTime& time) {
  const double worked_before_s = ops_.pool->worked_s();
  const double begin = monotonic_seconds();
  step.run(run);
  const double seconds = monotonic_seconds() - begin;
  ++time.n_runs;
  time.seconds += seconds;
  time.thread_s += seconds * ops_.n_active;
  time.worked_s += ops_.pool->worked_s() - worked_before_s;
  time.n_bytes += step.bytes_read(run);
}

Status Executor::run(std::span<const BatchSequence> batch, std::span<float> rows, const std::atomic<bool>* cancel,
                     OutputKind kind) {
  const OneCaller::Call call(callers_);
  TENFOLD_RETURN_IF_ERROR(lay_out(batch));
  TENFOLD_RETURN_IF_ERROR(expect_room(rows.size(), kind));
  TENFOLD_RETURN_IF_ERROR(reserve(batch));

  ops_.begin_step(cancel);
  ops_.n_active = ops_.pool->begin_step(static_cast<int>(tokens_.size()));
  const KvLayout& kv = batch.front().kv->layout();
  StepRun run;
  run.ops = &ops_;
  run.tokens = tokens_;
  run.input_rows = input_rows_;
  run.positions = positions_;
  run.outputs = outputs_;
  run.sequences = sequences_;
  run.kv = {sequences_, kv.type, 0, kv.head_stride, kv.n_kv_heads, kv.head_dim};
  run.kv_layer_stride = kv.layer_offset(1);
  run.values = values_;
  run.table = plan_.values;
  for (std::size_t i = 0; i < plan_.values.size(); ++i) {
    const ValueKind value = plan_.values[i].kind;
    if (value == ValueKind::kLogits || value == ValueKind::kHidden) {
      values_[i] = reinterpret_cast<std::byte*>(rows.data());
    }
  }
  const bool hidden = kind == OutputKind::kHidden;
  Status status = run_steps(run, plan_.steps, hidden ? plan_.n_body : plan_.steps.size());
  if (status.ok() && hidden) status = run_steps(run, plan_.hidden, plan_.hidden.size());
  if (!status.ok()) {
    for (const BatchSequence& sequence : batch) sequence.kv->truncate(sequence.kv->n_tokens());
    return status;
  }
  ops_.pool->end_step();
  for (const BatchSequence& sequence : batch) sequence.kv->commit(static_cast<int>(sequence.tokens.size()));
  return {};
}

}  // namespace tenfold
