// TaskPool: the threads of an Engine. A parallel region is many small chunks: each thread begins with a run of
// neighbours of its own, and helps the others when it is done.
//
// The pool owns n_threads − 1 worker threads; the thread that calls run() is worker 0 and always takes part, so a
// region never waits for a worker that has not begun a chunk: on a crowded machine the caller just does more of the
// work itself. One caller at a time, from any thread; run() inside a body is refused. Workers spin for microseconds
// between regions, then yield, then sleep; an idle pool costs nothing.
//
// Results may not depend on who runs a chunk or in which order: give each chunk its own outputs.
#pragma once

#include <atomic>
#include <memory>
#include <type_traits>

#include "runtime/company_watch.h"
#include "tenfold/status.h"

namespace tenfold {

class TaskPool {
 public:
  static constexpr int kMaxThreads = 1024;

  // Starts n_threads − 1 threads (1 MiB of stack and a descriptor each, all signals blocked).
  // Errors: kInvalidArgument if n_threads is not 1…kMaxThreads; kResourceExhausted if a thread cannot be started.
  static Result<std::unique_ptr<TaskPool>> create(int n_threads);

  // Joins the threads. No region may be running.
  ~TaskPool();
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  [[nodiscard]] int n_threads() const noexcept { return n_threads_; }

  // Says how many of the threads a step should use now. For the caller, between regions.
  [[nodiscard]] CompanyWatch& company() noexcept { return company_; }

  // From now on each thread notes how long it works, by two looks at the clock a region. For the caller, between
  // regions.
  void time_work() noexcept { timed_ = true; }
  // Seconds that the threads worked in regions since then, all together; likewise.
  [[nodiscard]] double worked_s() const noexcept;

  // Calls body(worker, chunk) once for every chunk in [0, n_chunks) and returns when all have finished.
  //
  //   n_active:  how many threads may take part, clamped to 1…n_threads(); worker < n_active
  //   cancel:    may be null; once it is true, chunks not yet begun are skipped
  //   body:      noexcept callable (int worker, int chunk); two chunks run at once only with different workers
  //
  // Returns false if a chunk was skipped, and at once, having run none, if a region is already running on this pool.
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
    return run_region({call, std::addressof(body), cancel, n_chunks, n_active});
  }

 private:
  struct Region {
    void (*call)(const void* context, int worker, int chunk) noexcept = nullptr;
    const void* context = nullptr;
    const std::atomic<bool>* cancel = nullptr;
    int n_chunks = 0;
    int n_active = 0;
    bool timed = false;
  };
  struct Shared;  // what the threads share, see task_pool.cc
  struct Thread;

  TaskPool(std::unique_ptr<Shared> shared, int n_threads);
  Status start_threads();
  bool run_region(Region region) noexcept;

  std::unique_ptr<Shared> shared_;
  int n_threads_;
  bool timed_ = false;
  CompanyWatch company_;
};

}  // namespace tenfold
