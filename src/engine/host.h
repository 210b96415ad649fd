// Host: threads, turns and memory of all engines that share them; see include/tenfold/host.h.
//
// Thread-safe. Engines hold it; it knows nothing of them but what they take.
#pragma once

#include <memory>
#include <vector>

#include "base/around_fork.h"
#include "base/mutex.h"
#include "engine/batch_scheduler.h"
#include "engine/memory_budget.h"
#include "runtime/task_pool.h"
#include "tenfold/host.h"

namespace tenfold {

class Host {
 public:
  // For Hosts alone, which knows all of them.
  explicit Host(const HostOptions& options) : memory_(options.memory_limit_bytes) {}
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // n_threads of the host's threads, of which there are as many as the largest pool that was made while others lived.
  // Waits for a turn: no step may run while threads are added. Errors: see WorkerThreads::create; kFailedPrecondition
  // for whoever has the turn.
  Result<std::unique_ptr<TaskPool>> threads(int n_threads);
  [[nodiscard]] BatchScheduler& scheduler() noexcept { return scheduler_; }
  [[nodiscard]] MemoryBudget& memory() noexcept { return memory_; }

  // The locks of an engine's parts are taken around a fork(), after the host's own. Before they die they leave. None is
  // joined twice, and none leaves that has not joined.
  void join(const std::vector<AroundFork*>& parts);
  void leave(const std::vector<AroundFork*>& parts);

  // See Hosts.
  void before_fork() TENFOLD_ACQUIRE(mutex_);
  void after_fork_in_parent() TENFOLD_RELEASE(mutex_);
  void after_fork_in_child() TENFOLD_RELEASE(mutex_);

 private:
  BatchScheduler scheduler_;
  MemoryBudget memory_;
  Mutex mutex_;
  std::weak_ptr<WorkerThreads> threads_ TENFOLD_GUARDED_BY(mutex_);  // the pools own them
  std::vector<AroundFork*> joined_ TENFOLD_GUARDED_BY(mutex_);       // of all engines
};

}  // namespace tenfold
