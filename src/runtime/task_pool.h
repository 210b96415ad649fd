// TaskPool: the threads that one Engine may use. A parallel region is many small chunks: each thread begins with a run
// of neighbours of its own, and helps the others when it is done (work stealing).
//
// The threads themselves may be shared with other pools (WorkerThreads), of which this one uses the first n_threads.
// The thread that calls run() is worker 0 and always takes part, so a region never waits for a worker that has not
// begun a chunk: under contention for the cores the caller just does more of the work itself. One caller at a time on
// all pools that share their threads, from any thread; run() inside a body is refused.
//
// Results may not depend on who runs a chunk or in which order: give each chunk its own outputs.
#pragma once

#include <atomic>
#include <memory>
#include <type_traits>
#include <utility>

#include "runtime/worker_threads.h"
#include "tenfold/status.h"

namespace tenfold {

class TaskPool {
 public:
  static constexpr int kMaxThreads = WorkerThreads::kMaxThreads;

  // With threads of its own. Errors: see WorkerThreads::create.
  static Result<std::unique_ptr<TaskPool>> create(int n_threads);
  // threads: shared with other pools; n_threads of them at most.
  TaskPool(std::shared_ptr<WorkerThreads> threads, int n_threads) noexcept;
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  [[nodiscard]] int n_threads() const noexcept { return n_threads_; }

  // How many of the threads a step of n_tokens that begins now should use, see CompanyWatch; and after each step that
  // ran to its end. For the caller, between regions.
  [[nodiscard]] int begin_step(int n_tokens) { return threads_->company().begin_step(n_tokens, n_threads_); }
  void end_step() { threads_->company().end_step(); }

  // From now on each thread notes how long it works for this pool, by two looks at the clock a region. For the caller,
  // between regions.
  void time_work() noexcept { timed_ = true; }
  // Seconds that the threads worked in regions that were timed, all together, whoever's; likewise.
  [[nodiscard]] double worked_s() const noexcept { return threads_->worked_s(); }

  // Calls body(worker, chunk) once for every chunk in [0, n_chunks) and returns when all have finished.
  //
  //   n_active:  how many threads may take part, clamped to 1…n_threads(); worker < n_active
  //   cancel:    may be null; once it is true, chunks not yet begun are skipped
  //   body:      noexcept callable (int worker, int chunk); two chunks run at once only with different workers
  //
  // Returns false if a chunk was skipped, and at once, having run none, if a region is already running on the threads.
  // What the caller wrote before is visible to every chunk, what chunks wrote is visible after. Never allocates; about
  // a microsecond with two awake threads, and a plain loop if n_active or n_chunks is 1.
  template <typename Body>
  bool run(int n_chunks, int n_active, const std::atomic<bool>* cancel, Body&& body) noexcept {
    static_assert(std::is_nothrow_invocable_v<Body&, int, int>,
                  "write the body as [&](int worker, int chunk) noexcept");
    using Callable = std::remove_reference_t<Body>;
    const auto call = [](const void* context, int worker, int chunk) noexcept {
      (*static_cast<Callable*>(const_cast<void*>(context)))(worker, chunk);
    };
    return threads_->run(
        {call, std::addressof(body), cancel, n_chunks, n_active < n_threads_ ? n_active : n_threads_, timed_});
  }

 private:
  std::shared_ptr<WorkerThreads> threads_;
  int n_threads_;
  bool timed_ = false;
};

}  // namespace tenfold
