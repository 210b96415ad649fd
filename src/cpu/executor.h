// Executor: runs a Program: on batches of sequences of tokens, or on the patches of an image.
//
// Owns the arena of intermediate values and each worker's scratch; borrows program, kernels and threads. Decode,
// chunked prefill and the verification of drafts are one mechanism: any number of sequences, each with 1…n new tokens.
// Not thread-safe: one caller at a time.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/contracts.h"
#include "cpu/kv_cache.h"
#include "cpu/program.h"
#include "plan/observer.h"
#include "runtime/arena.h"
#include "runtime/memory_plan.h"
#include "runtime/task_pool.h"
#include "tenfold/options.h"

namespace tenfold {

enum class Outputs {
  kNone,  // only the KV cache is filled
  kLast,  // a row after the last new token
  kAll,   // a row after each new token
};

// What a run's rows are.
enum class OutputKind {
  kLogits,  // [vocab_size]
  kHidden,  // [model_dim]: what the output head would be multiplied with
};

struct BatchSequence {
  KvSequence* kv = nullptr;
  std::span<const TokenId> tokens;  // 1…n new tokens
  Outputs outputs = Outputs::kLast;
  // Where the tokens stand for rope, if that is not their place in the KV cache: [n_tokens] or empty.
  std::span<const RopePosition> positions = {};
  // What takes the place of a token's embedding: [n_tokens] or empty, each null or [model_dim] f32.
  std::span<const float* const> input_rows = {};
  // 0…n_tokens: behind so many of them truncate() is to find back to, see KvSequence::reserve.
  int mark = 0;
};

// An image as a tower's program takes it: n_patches tokens.
struct ImageRun {
  ImageView pixels;
  std::span<const RopePosition> positions;  // [n_patches]
  std::span<const std::int32_t> squares;    // [n_outputs] see MergeSquares
  std::span<const KvClassView> kv;          // what the patches of each class of layers see; overwritten
};

struct ImageHooks {
  const std::atomic<bool>* cancel = nullptr;  // read between task chunks
  // Gets 0…1 between the program's stages, on the calling thread; false cancels. May be null.
  std::function<bool(double)> on_progress;
  // Runs a stage's work while nobody else uses the threads; null: they are the caller's alone.
  std::function<Status(const std::function<Status()>&)> in_turn;
};

// What a stage of the program took, over all runs.
struct ExecutorStageTime {
  std::uint64_t n_runs = 0;
  double seconds = 0;
  double thread_s = 0;  // seconds times threads that took part
  double worked_s = 0;  // of those, not waiting for the others
  std::uint64_t n_bytes = 0;
};

struct ExecutorLimits {
  int max_tokens = 512;  // of a step, all sequences together
  int max_sequences = 16;
  int max_outputs = 0;  // 0: as many as tokens

  [[nodiscard]] int n_outputs() const { return max_outputs > 0 ? max_outputs : max_tokens; }
};

// What an Executor will hold.
struct ExecutorMemory {
  MemoryPlan values;              // of the arena
  std::size_t scratch_bytes = 0;  // of each worker
  [[nodiscard]] std::size_t n_bytes(int n_threads) const {
    return values.n_bytes + scratch_bytes * static_cast<std::size_t>(n_threads);
  }
};

class Executor {
 public:
  // Touches no memory of the model's, so that the sum can be refused before any is used.
  static ExecutorMemory plan_memory(const Program& program, const kernels::KernelTable& kernels,
                                    const ExecutorLimits& limits);
  // vocab_size: rows of the embedding. Errors: kResourceExhausted.
  static Result<std::unique_ptr<Executor>> create(const Program& program, const kernels::KernelTable& kernels,
                                                  TaskPool& pool, int vocab_size, const ExecutorLimits& limits);

  // Runs one step for every sequence in the batch; on success their KV sequences hold the new tokens.
  //
  //   rows:    [n_outputs, vocab_size] f32, row-major, rows in the order of sequences and tokens; caller's,
  //   overwritten;
  //            with kHidden [n_outputs, model_dim]
  //   cancel:  may be null; read between task chunks
  //
  // Time is dominated by reading weights: about decode bytes / memory bandwidth. Never allocates.
  // Errors: kInvalidArgument if a token id is not below vocab_size, the batch is too big or a span is of another size,
  // or if a text that must be one step goes on; kFailedPrecondition for logits of an encoder; kResourceExhausted if no
  // KV block is free; kCancelled. The sequences are then as they were.
  Status run(std::span<const BatchSequence> batch, std::span<float> rows, const std::atomic<bool>* cancel,
             OutputKind kind = OutputKind::kLogits);

  // Runs a tower's program stage by stage, each in a turn of its own.
  //
  //   rows:  [n_outputs, width of the program's result], row-major; caller's, overwritten
  //
  // Errors: kInvalidArgument if the image has more patches than the limits or `rows` is of another size; kCancelled.
  Status run_image(const ImageRun& image, std::span<float> rows, const ImageHooks& hooks);

  // In the child of a fork(): a step that another thread was running is not gone on with.
  void forget_caller() noexcept { callers_.forget(); }

  // Shows `observer` (null: nobody) what the operators of all runs from now on read and write; it must outlive them. Of
  // a program that was lowered for one, see LoweringOptions::observed; stages that are timed are not observed.
  void observe(Observer* observer) noexcept;

  // Times each stage of run() from now on; a clock is read some times a stage.
  void time_stages();
  // One for each of the program's stages; empty if they are not timed. For the caller of run().
  [[nodiscard]] std::span<const ExecutorStageTime> stage_times() const noexcept { return stage_times_; }

  [[nodiscard]] const ExecutorLimits& limits() const noexcept { return limits_; }
  [[nodiscard]] std::size_t arena_bytes() const noexcept { return arena_.n_bytes() + scratch_arena_.n_bytes(); }
  // Parallel regions run since creation.
  [[nodiscard]] std::int64_t n_regions() const noexcept { return ops_.n_regions; }

 private:
  Executor(const Program& program, int vocab_size, const ExecutorLimits& limits)
      : program_(program), vocab_size_(vocab_size), limits_(limits) {}
  Status allocate(const kernels::KernelTable& kernels, TaskPool& pool);
  Status lay_out(std::span<const BatchSequence> batch);
  Status lay_out(const BatchSequence& sequence);
  [[nodiscard]] Status expect_outputs(std::size_t n) const;
  Status expect_room(std::size_t n_floats, OutputKind kind) const;
  [[nodiscard]] ProgramRun begin_run(const std::atomic<bool>* cancel);
  Status run_stages(ProgramRun& run, const StageList& stages, std::size_t n);
  // Beside an observer, if there is one.
  Status run_stage(const Stage& stage, ProgramRun& run);
  Status run_observed(const Stage& stage, ProgramRun& run);
  void run_timed(const Stage& stage, ProgramRun& run, ExecutorStageTime& time);
  Status reserve(std::span<const BatchSequence> batch);
  // Where the reserved room lies.
  void view_caches(std::span<const BatchSequence> batch, ProgramRun& run);

  const Program& program_;
  [[no_unique_address]] OneCaller callers_;
  int vocab_size_;
  ExecutorLimits limits_;
  OpContext ops_;
  Arena arena_, scratch_arena_;
  std::vector<WorkerScratch> scratch_;
  std::vector<std::byte*> values_;  // where each value lies
  std::vector<ExecutorStageTime> stage_times_;
  Observer* observer_ = nullptr;
  // The step in progress; capacity for the limits.
  std::vector<std::int32_t> tokens_, outputs_;
  std::vector<RopePosition> positions_;
  std::vector<const float*> input_rows_;
  std::vector<std::vector<KvSequenceView>> sequences_;  // of each class of layers
  std::vector<KvClassView> kv_;                         // likewise
  std::vector<StateSequenceView> states_;
};

}  // namespace tenfold
