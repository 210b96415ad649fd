#include "cpu/executor.h"

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "base/error.h"

namespace tenfold {

ExecutorMemory Executor::plan_memory(const Program& program, const kernels::KernelTable& kernels,
                                     const ExecutorLimits& limits) {
  ExecutorMemory memory{tenfold::plan_memory(value_lives(program, limits.max_tokens, limits.n_outputs())), 0};
  for (const auto& stage : program.stages)
    memory.scratch_bytes = std::max(memory.scratch_bytes, stage->scratch_bytes(kernels));
  memory.scratch_bytes = align_64(memory.scratch_bytes);
  return memory;
}

Result<std::unique_ptr<Executor>> Executor::create(const Program& program, const kernels::KernelTable& kernels,
                                                   TaskPool& pool, int vocab_size, const ExecutorLimits& limits) {
  std::unique_ptr<Executor> executor(new Executor(program, vocab_size, limits));
  TENFOLD_RETURN_IF_ERROR(executor->allocate(kernels, pool));
  return executor;
}

Status Executor::allocate(const kernels::KernelTable& kernels, TaskPool& pool) {
  const ExecutorMemory memory = plan_memory(program_, kernels, limits_);
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
  sequences_.resize(program_.n_kv_classes);
  for (auto& of_class : sequences_) of_class.reserve(static_cast<std::size_t>(limits_.max_sequences));
  kv_.resize(program_.n_kv_classes);
  states_.reserve(static_cast<std::size_t>(limits_.max_sequences));
  return {};
}

// Flattens the batch into rows: tokens, positions, which rows are wanted, where each sequence lies.
Status Executor::lay_out(std::span<const BatchSequence> batch) {
  tokens_.clear();
  positions_.clear();
  input_rows_.clear();
  outputs_.clear();
  if (batch.empty() || batch.size() > static_cast<std::size_t>(limits_.max_sequences)) {
    return invalid_argument("batch: expected 1…", limits_.max_sequences, " sequences, found ", batch.size());
  }
  for (const BatchSequence& sequence : batch) TENFOLD_RETURN_IF_ERROR(lay_out(sequence));
  return expect_outputs(outputs_.size());
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
  if (!program_.causal && sequence.kv->n_tokens() != 0) {
    return invalid_argument("batch: expected the whole text of an encoder in one step, found ", sequence.kv->n_tokens(),
                            " tokens before it");
  }
  TENFOLD_DCHECK(sequence.mark >= 0 && static_cast<std::size_t>(sequence.mark) <= sequence.tokens.size());
  for (std::size_t i = 0; i < sequence.tokens.size(); ++i) {
    const TokenId token = sequence.tokens[i];
    if (token < 0 || token >= vocab_size_) {
      return invalid_argument("token id: expected 0…", vocab_size_ - 1, ", found ", token);
    }
    const int slot = sequence.kv->n_tokens() + static_cast<int>(i);
    positions_.push_back(sequence.positions.empty() ? RopePosition{slot, slot, slot} : sequence.positions[i]);
    if (const int at = positions_.back()[0]; program_.max_positions > 0 && (at < 0 || at >= program_.max_positions)) {
      return invalid_argument("position: expected 0…", program_.max_positions - 1, " as the model has, found ", at);
    }
    input_rows_.push_back(sequence.input_rows.empty() ? nullptr : sequence.input_rows[i]);
    tokens_.push_back(token);
    if (sequence.outputs == Outputs::kAll) outputs_.push_back(static_cast<int>(tokens_.size()) - 1);
  }
  if (sequence.outputs == Outputs::kLast) outputs_.push_back(static_cast<int>(tokens_.size()) - 1);
  return {};
}

Status Executor::expect_outputs(std::size_t n) const {
  if (n <= static_cast<std::size_t>(limits_.n_outputs())) return {};
  return invalid_argument("outputs: expected at most ", limits_.n_outputs(), ", found ", n);
}

Status Executor::expect_room(std::size_t n_floats, OutputKind kind) const {
  if (kind == OutputKind::kLogits && !program_.has_logits() && !outputs_.empty()) {
    return failed_precondition("logits: this model has no output head, it makes vectors");
  }
  const ValueKind wanted = kind == OutputKind::kLogits ? ValueKind::kLogits : ValueKind::kHidden;
  const auto found = std::find_if(program_.values.begin(), program_.values.end(),
                                  [&](const Value& value) { return value.kind == wanted; });
  const std::size_t width = found != program_.values.end() ? static_cast<std::size_t>(found->width) : 0;
  const std::size_t expected = outputs_.size() * width;
  if (n_floats == expected) return {};
  return invalid_argument("rows: expected room for ", expected, ", found ", n_floats);
}

Status Executor::reserve(std::span<const BatchSequence> batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Status status = batch[i].kv->reserve(static_cast<int>(batch[i].tokens.size()), batch[i].mark);
    if (!status.ok()) {
      for (std::size_t j = 0; j < i; ++j) batch[j].kv->truncate(batch[j].kv->n_tokens());
      return status;
    }
  }
  return {};
}

void Executor::view_caches(std::span<const BatchSequence> batch, ProgramRun& run) {
  const KvLayout& kv = batch.front().kv->layout();
  TENFOLD_DCHECK(kv.classes.size() >= kv_.size());
  for (auto& of_class : sequences_) of_class.clear();
  states_.clear();
  int begin = 0;
  for (const BatchSequence& sequence : batch) {
    const KvSequence& its = *sequence.kv;
    const int n_tokens = static_cast<int>(sequence.tokens.size());
    for (std::size_t c = 0; c < kv_.size(); ++c) {
      sequences_[c].push_back({its.blocks(c), begin, n_tokens, its.n_tokens()});
    }
    if (kv.state.is_used()) {
      states_.push_back({its.state_before(), its.state_end(), its.state_after(), its.state_at_mark(),
                         its.state_at_mark() != nullptr ? sequence.mark : 0, begin, n_tokens, its.n_tokens()});
    }
    begin += n_tokens;
  }
  for (std::size_t c = 0; c < kv_.size(); ++c) {
    const KvClassLayout& its = kv.classes[c];
    kv_[c] = {{sequences_[c], kv.type, 0, its.head_stride, its.of.n_kv_heads, its.of.head_dim}, its.layer_bytes()};
  }
  run.kv = kv_;
  run.state = kv.state.view(0);
  run.state.sequences = states_;
}

Status Executor::run_stages(ProgramRun& run, const StageList& stages, std::size_t n) {
  const bool timed = !stage_times_.empty() && &stages == &program_.stages;
  for (std::size_t i = 0; i < n; ++i) {
    if (timed) {
      run_timed(*stages[i], run, stage_times_[i]);
    } else {
      TENFOLD_RETURN_IF_ERROR(run_stage(*stages[i], run));
    }
    if (ops_.cancelled()) return cancelled("the step was cancelled");
  }
  return {};
}

Status Executor::run_stage(const Stage& stage, ProgramRun& run) {
  const bool only_prepares = stage.plain.empty();  // the next one
  if (observer_ != nullptr && !only_prepares) return run_observed(stage, run);
  stage.run(run);
  return {};
}

Status Executor::run_observed(const Stage& stage, ProgramRun& run) {
  TENFOLD_DCHECK(stage.plain.size() == 1);  // of a program for an observer
  const auto show = [&](const std::vector<ValueId>& ids, Access access) -> Status {
    const PlanOperator& plain = stage.plain.front();
    for (const ValueId id : ids) {
      if (const ValueKind kind = program_.values[static_cast<std::size_t>(id)].kind;
          kind == ValueKind::kKv || kind == ValueKind::kState || kind == ValueKind::kSchedule) {
        continue;
      }
      const Rows rows = run.rows(id);
      TENFOLD_RETURN_IF_ERROR(
          observer_->see({plain.layer, plain.op, id, access, rows.data, rows.stride, rows.n_tokens, rows.width}));
    }
    return {};
  };
  const Operands seen = operands(stage.plain.front().op);
  TENFOLD_RETURN_IF_ERROR(show(seen.reads, Access::kRead));
  stage.run(run);
  return ops_.cancelled() ? Status() : show(seen.writes, Access::kWritten);
}

void Executor::observe(Observer* observer) noexcept {
  TENFOLD_DCHECK(observer == nullptr || stage_times_.empty());
  observer_ = observer;
}

void Executor::time_stages() {
  TENFOLD_DCHECK(observer_ == nullptr);
  stage_times_.resize(program_.stages.size());
  ops_.pool->time_work();
}

void Executor::run_timed(const Stage& stage, ProgramRun& run, ExecutorStageTime& time) {
  const double worked_before_s = ops_.pool->worked_s();
  const double begin = monotonic_seconds();
  stage.run(run);
  const double seconds = monotonic_seconds() - begin;
  ++time.n_runs;
  time.seconds += seconds;
  time.thread_s += seconds * ops_.n_active;
  time.worked_s += ops_.pool->worked_s() - worked_before_s;
  time.n_bytes += stage.bytes_read(run);
}

ProgramRun Executor::begin_run(const std::atomic<bool>* cancel) {
  ops_.begin_step(cancel);
  ProgramRun run;
  run.ops = &ops_;
  run.values = values_;
  run.table = program_.values;
  return run;
}

Status Executor::run(std::span<const BatchSequence> batch, std::span<float> rows, const std::atomic<bool>* cancel,
                     OutputKind kind) {
  const OneCaller::Call call(callers_);
  TENFOLD_RETURN_IF_ERROR(lay_out(batch));
  TENFOLD_RETURN_IF_ERROR(expect_room(rows.size(), kind));
  TENFOLD_RETURN_IF_ERROR(reserve(batch));

  ProgramRun run = begin_run(cancel);
  ops_.n_active = ops_.pool->begin_step(static_cast<int>(tokens_.size()));
  view_caches(batch, run);
  run.tokens = tokens_;
  run.input_rows = input_rows_;
  run.positions = positions_;
  run.outputs = outputs_;
  for (std::size_t i = 0; i < program_.values.size(); ++i) {
    const ValueKind value = program_.values[i].kind;
    if (value == ValueKind::kLogits || value == ValueKind::kHidden) {
      values_[i] = reinterpret_cast<std::byte*>(rows.data());
    }
  }
  const bool hidden = kind == OutputKind::kHidden;
  Status status = run_stages(run, program_.stages, hidden ? program_.n_body : program_.stages.size());
  if (status.ok() && hidden) status = run_stages(run, program_.hidden_head, program_.hidden_head.size());
  if (!status.ok()) {
    for (const BatchSequence& sequence : batch) sequence.kv->truncate(sequence.kv->n_tokens());
    return status;
  }
  ops_.pool->end_step();
  for (const BatchSequence& sequence : batch) sequence.kv->commit(static_cast<int>(sequence.tokens.size()));
  return {};
}

Status Executor::run_image(const ImageRun& image, std::span<float> rows, const ImageHooks& hooks) {
  const OneCaller::Call call(callers_);
  const std::size_t n_patches = image.positions.size();
  if (n_patches > static_cast<std::size_t>(limits_.max_tokens)) {
    return invalid_argument("image: expected at most ", limits_.max_tokens, " patches, found ", n_patches);
  }
  TENFOLD_RETURN_IF_ERROR(expect_outputs(image.squares.size()));
  TENFOLD_DCHECK(program_.result != kNoValue);
  const std::size_t width = static_cast<std::size_t>(program_.values[static_cast<std::size_t>(program_.result)].width);
  if (rows.size() != image.squares.size() * width) {
    return invalid_argument("rows: expected room for ", image.squares.size() * width, ", found ", rows.size());
  }
  tokens_.assign(n_patches, 0);  // only counted
  ProgramRun run = begin_run(hooks.cancel);
  run.tokens = tokens_;
  run.positions = image.positions;
  run.outputs = image.squares;
  run.image = image.pixels;
  run.kv = image.kv;
  double n_done = 0;
  for (const auto& stage : program_.stages) {
    const auto turn = [&]() -> Status {
      ops_.n_active = ops_.pool->begin_step(static_cast<int>(n_patches));
      TENFOLD_RETURN_IF_ERROR(run_stage(*stage, run));
      if (ops_.cancelled()) return cancelled("encoding the image was cancelled");
      ops_.pool->end_step();
      return {};
    };
    TENFOLD_RETURN_IF_ERROR(hooks.in_turn ? hooks.in_turn(turn) : turn());
    const double done = ++n_done / static_cast<double>(program_.stages.size());
    if (hooks.on_progress && !hooks.on_progress(done)) return cancelled("encoding the image was cancelled");
  }
  const Rows result = run.rows(program_.result);
  for (int t = 0; t < result.n_tokens; ++t) {
    std::memcpy(rows.data() + static_cast<std::size_t>(t) * width, result.row(t), width * sizeof(float));
  }
  return {};
}

}  // namespace tenfold
