// ServedModel: a model with all that it needs to run for sessions: weights, KV blocks, an executor.
//
// bind() touches no weight, so that the sum of bytes can be refused before any is used; load() reads them. After that
// immutable but for the executor and its pace, which one caller at a time has (BatchScheduler), and the KV pool, which
// locks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/batch_scheduler.h"
#include "engine/step_pace.h"
#include "model/executor.h"
#include "model/kv_cache.h"
#include "model/model.h"
#include "tenfold/engine.h"
#include "tenfold/options.h"

namespace tenfold {

struct ServedModel {
  std::unique_ptr<Model> model;
  KvLayout kv;
  ExecutorLimits limits;
  std::uint64_t cache_bytes = 0;    // KV cache of one full session, or of a text whose vector is made
  std::uint64_t working_bytes = 0;  // intermediate values and scratch, or what loading takes before they are there
  int session_blocks = 0;           // of KV cache
  std::unique_ptr<KvPool> kv_pool;  // for all sessions, and one text whose vector is made
  std::unique_ptr<Executor> executor;
  StepPace pace;

  // The model alone; its spec is known then. Errors: see Model::bind.
  static Result<ServedModel> bind(const GgufFile& file, const kernels::KernelTable& kernels,
                                  const EngineOptions& options);
  // Says what sessions of n_ctx tokens will need. Errors: kUnsupported if the type of the cache cannot hold the model's
  // heads.
  Status size_up(const EngineOptions& options, int n_ctx, int n_threads);
  // Reads the weights, or takes them from the cache (it may be null), and makes the rest. Errors: see Model::load;
  // kResourceExhausted.
  Status load(TaskPool& pool, const PackedCache* cache, const EngineOptions& options, int n_ctx,
              const std::function<bool(double)>& on_progress);
  // For whoever has the turn: tokens of the next step of a longer text, few of them while others want the threads, too.
  [[nodiscard]] std::size_t step_limit(const BatchScheduler::Client& turns) const;
  // And one step of one sequence; see Executor::run.
  Status run(const BatchSequence& sequence, std::span<float> rows, const std::atomic<bool>& cancel,
             OutputKind kind = OutputKind::kLogits);

  // Where the time of all runs went; see Engine::step_times.
  [[nodiscard]] std::vector<StepTime> step_times() const;

  // Maps the KV cache of so many sessions. Errors: kResourceExhausted if the system does not.
  Status reserve(int n_sessions) { return kv_pool->reserve(n_sessions * session_blocks); }

  // Weights, and the KV blocks that sessions hold or held.
  [[nodiscard]] std::uint64_t bytes_used() const { return model->weight_bytes() + kv_pool->bytes_touched(); }
  // Address space: that of the weights from bind() on.
  [[nodiscard]] std::uint64_t bytes_mapped() const {
    return model->weight_bytes() + (executor != nullptr ? kv_pool->bytes_mapped() + working_bytes : 0);
  }
};

}  // namespace tenfold
