// WorkerThreads: the threads that all engines of a host share. They run one region of chunks at a time.
//
// The thread that calls run() is worker 0 and always takes part; n_threads − 1 others are owned here. They spin for
// microseconds between regions, then yield, then sleep (spin, then park); idle ones cost nothing. One caller at a time,
// from any thread: who may call is the turns' to say (BatchScheduler). See TaskPool, which is what an engine has of
// them.
#pragma once

#include <pthread.h>

#include <atomic>
#include <memory>

#include "runtime/company_watch.h"
#include "tenfold/status.h"

namespace tenfold {

class WorkerThreads {
 public:
  static constexpr int kMaxThreads = 1024;

  struct Region {
    void (*call)(const void* context, int worker, int chunk) noexcept = nullptr;  // there is one
    const void* context = nullptr;
    const std::atomic<bool>* cancel = nullptr;
    int n_chunks = 0;
    int n_active = 0;  // ≤ n_threads()
    bool timed = false;
  };

  // Starts n_threads − 1 threads (1 MiB of stack and a descriptor each, all signals blocked).
  // Errors: kInvalidArgument if n_threads is not 1…kMaxThreads; kResourceExhausted if a thread cannot be started.
  static Result<std::unique_ptr<WorkerThreads>> create(int n_threads);
  // Joins the threads. No region may be running.
  ~WorkerThreads();
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  // From now on there are so many, or as many as there are if that is more. Between regions. Errors: those of create();
  // the threads that could be started stay.
  Status grow(int n_threads);
  [[nodiscard]] int n_threads() const noexcept { return n_threads_; }

  // See TaskPool::run.
  bool run(Region region) noexcept;
  // Says how many of the threads a step should use now. Between regions.
  [[nodiscard]] CompanyWatch& company() noexcept;
  // Seconds that the threads worked in timed regions, all together. Between regions.
  [[nodiscard]] double worked_s() const noexcept;

  // In the child of a fork(), which has none of the threads: whoever was running a region is gone, too. The caller does
  // all of the work from now on, and there is nothing to join.
  void forget_threads() noexcept;

 private:
  struct Shared;  // what the threads share, see worker_threads.cc
  struct Thread;

  WorkerThreads();
  int start_thread(const pthread_attr_t& attributes);

  std::unique_ptr<Shared> shared_;
  int n_threads_ = 1;
  bool are_gone_ = false;  // but for the caller
  CompanyWatch company_;
};

}  // namespace tenfold
