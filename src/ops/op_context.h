// What every operator is given beside its arguments: kernels, threads, scratch memory, and the flag that stops it.
//
// Owned by whoever runs a Plan; one operator at a time uses it, whose chunks read it on all threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernel_table.h"
#include "runtime/arena.h"
#include "runtime/task_pool.h"

namespace tenfold {

// Private memory of one worker thread.
struct WorkerScratch {
  std::byte* data = nullptr;
  std::int64_t prepared_region = -1;  // the region whose input this worker has already prepared, see RegionInput
};

struct OpContext {
  const kernels::KernelTable* kernels = nullptr;
  TaskPool* pool = nullptr;
  int n_active = 1;                               // threads that take part
  const std::atomic<bool>* cancel = nullptr;      // may be null
  std::vector<WorkerScratch>* scratch = nullptr;  // one a worker
  std::size_t scratch_bytes = 0;                  // of each worker
  std::int64_t n_regions = 0;                     // parallel regions begun since it was made

  // Before the first operator of a step. `flag` may be null.
  void begin_step(const std::atomic<bool>* flag) noexcept {
    cancel = flag;
    stopped_.store(false, std::memory_order_relaxed);
  }

  // True once the step is to stop; what it computes from then on is thrown away. It then stays true to the end of the
  // step, even if the flag is cleared: whoever saw it may have left something out.
  [[nodiscard]] bool cancelled() const noexcept {
    if (stopped_.load(std::memory_order_relaxed)) return true;
    if (cancel == nullptr || !cancel->load(std::memory_order_relaxed)) return false;
    stopped_.store(true, std::memory_order_relaxed);
    return true;
  }

  // Runs body(worker, chunk) for every chunk, as one region. If one was skipped, cancelled() is true from then on.
  template <typename Body>
  void parallel(int n_chunks, Body&& body) {
    ++n_regions;
    if (!pool->run(n_chunks, n_active, cancel, body)) stopped_.store(true, std::memory_order_relaxed);
  }

 private:
  mutable std::atomic<bool> stopped_ = false;
};

// A few chunks for each thread, so that a slow core does not hold up the rest, and at most one for each item.
inline int chunks_for(const OpContext& ctx, int n_items) {
  constexpr int kChunksPerThread = 8;
  const int wanted = ctx.n_active == 1 ? 1 : ctx.n_active * kChunksPerThread;
  return n_items < wanted ? n_items : wanted;
}

// Items [begin, end) of chunk `chunk` out of `n_chunks`.
struct ChunkRange {
  int begin, end;
};
inline ChunkRange chunk_range(int n_items, int n_chunks, int chunk) {
  const auto at = [&](int c) { return static_cast<int>(static_cast<std::int64_t>(n_items) * c / n_chunks); };
  return {at(chunk), at(chunk + 1)};
}

// Runs body(worker, row) for every row, rows shared out over the threads, until a cancel.
template <typename Body>
void parallel_rows(OpContext& ctx, int n_rows, Body&& body) {
  const int n_chunks = chunks_for(ctx, n_rows);
  ctx.parallel(n_chunks, [&](int worker, int chunk) noexcept {
    const ChunkRange range = chunk_range(n_rows, n_chunks, chunk);
    for (int row = range.begin; row < range.end && !ctx.cancelled(); ++row) body(worker, row);
  });
}

}  // namespace tenfold
