// Served: a model of an engine, whichever it is: the one that answers, the draft model, the vision tower.
// What is done to each of them is a loop over a list.
//
// Opened first, which touches no weight; then sized up, so that the sum of all can be refused; then loaded. Immutable
// after that but for what has its own rule.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/around_fork.h"
#include "engine/batch_scheduler.h"
#include "engine/memory_budget.h"
#include "model_file/packed_cache.h"
#include "runtime/task_pool.h"
#include "tenfold/engine.h"
#include "tenfold/status.h"

namespace tenfold {

class Model;

using OnProgress = std::function<bool(double)>;

// How an engine will use its models.
struct ServingSize {
  const EngineOptions& options;
  int n_ctx;
  int n_threads;
};

// What loading is done with.
struct LoadTools {
  const ServingSize& size;
  TaskPool& pool;
  BatchScheduler::Client& turns;  // of loading
  const PackedCache* cache;       // or null
  OnProgress on_progress;         // called without the turn; may be null
};

class Served : public AroundFork {
 public:
  virtual ~Served() = default;

  // Adds what it will take. Errors: kUnsupported if it cannot be used so.
  virtual Status size_up(const ServingSize& size, MemoryNeeds& needs) = 0;
  // Of the weights, those that load() reads; others are read when they are needed.
  [[nodiscard]] virtual std::uint64_t bytes_to_load() const = 0;
  // Reads them and makes the rest. Errors: say which model it is.
  virtual Status load(const LoadTools& tools) = 0;
  // When all are loaded: lets go of its file. Errors: kFailedPrecondition if that is not what it was.
  virtual Status let_go_of_file() = 0;
  // At any moment from size_up() on, on any thread; takes no lock.
  [[nodiscard]] virtual MemoryInUse in_use() const noexcept = 0;
  // When it is loaded: maps what so many sessions, one or more, need. Errors: kResourceExhausted if the system does
  // not.
  virtual Status reserve(int n_sessions) = 0;
  // Gives back to the system what nobody uses of the keys and values of more sessions than that. Never allocates.
  virtual void keep(int n_sessions) noexcept = 0;
  // The model whose packed weights are worth keeping; null if it has none.
  [[nodiscard]] virtual const Model* kept_model() const { return nullptr; }
  virtual void describe(ModelInfo& info) const = 0;
};

// Runs `load` in turns with others' steps: they go on wherever it reports progress, and when that is 1, after which
// `load` needs the threads no more. on_progress may be null.
Status load_in_turns(BatchScheduler::Client& turns, const std::atomic<bool>& cancel, const OnProgress& on_progress,
                     const std::function<Status(const OnProgress&)>& load);

}  // namespace tenfold
