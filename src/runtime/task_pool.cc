#include "runtime/task_pool.h"

#include "base/contracts.h"

namespace tenfold {

Result<std::unique_ptr<TaskPool>> TaskPool::create(int n_threads) {
  TENFOLD_ASSIGN_OR_RETURN(std::shared_ptr<WorkerThreads> threads, WorkerThreads::create(n_threads));
  return std::make_unique<TaskPool>(std::move(threads), n_threads);
}

TaskPool::TaskPool(std::shared_ptr<WorkerThreads> threads, int n_threads) noexcept
    : threads_(std::move(threads)), n_threads_(n_threads) {
  TENFOLD_DCHECK(n_threads >= 1 && n_threads <= threads_->n_threads());
}

}  // namespace tenfold
