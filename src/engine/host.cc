#include "engine/host.h"

#include <algorithm>

#include "base/contracts.h"
#include "base/guard.h"
#include "engine/hosts.h"

namespace tenfold {

Result<std::shared_ptr<Host>> create_host(const HostOptions& options) {
  return guard([&]() -> Result<std::shared_ptr<Host>> { return Hosts::of_process().create(options); });
}

Host::~Host() { Hosts::of_process().remove(*this); }

Result<std::unique_ptr<TaskPool>> Host::threads(int n_threads) {
  TENFOLD_ASSIGN_OR_RETURN(const TurnQueue::Turn turn, scheduler_.take_short_turn());
  const MutexLock lock(mutex_);
  std::shared_ptr<WorkerThreads> threads = threads_.lock();
  if (threads == nullptr) {
    TENFOLD_ASSIGN_OR_RETURN(threads, WorkerThreads::create(n_threads));
    threads_ = threads;
  } else {
    TENFOLD_RETURN_IF_ERROR(threads->grow(n_threads));
  }
  return std::make_unique<TaskPool>(std::move(threads), n_threads);
}

void Host::join(const std::vector<AroundFork*>& parts) {
  const MutexLock lock(mutex_);
  joined_.insert(joined_.end(), parts.begin(), parts.end());
}

void Host::leave(const std::vector<AroundFork*>& parts) {
  const MutexLock lock(mutex_);
  [[maybe_unused]] const std::size_t n_left = std::erase_if(
      joined_, [&](AroundFork* part) { return std::find(parts.begin(), parts.end(), part) != parts.end(); });
  TENFOLD_DCHECK(n_left == parts.size());
}

// The locks of its parts are more than the checker can follow.
void Host::before_fork() TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
  scheduler_.queue().before_fork();
  memory_.before_fork();
  for (AroundFork* const part : joined_) part->before_fork();
}

void Host::after_fork_in_parent() TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
  for (AroundFork* const part : joined_) part->after_fork_in_parent();
  memory_.after_fork_in_parent();
  scheduler_.queue().after_fork_in_parent();
  mutex_.unlock();
}

// Pools that are there go on with threads that do not exist: whoever calls does all of the work. New ones get new ones.
void Host::after_fork_in_child() TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
  for (AroundFork* const part : joined_) part->after_fork_in_child();
  memory_.after_fork_in_child();
  scheduler_.queue().after_fork_in_child(TurnQueue::LostTurn::kIsOver);
  if (const std::shared_ptr<WorkerThreads> threads = threads_.lock()) threads->forget_threads();
  threads_.reset();
  mutex_.unlock();
}

}  // namespace tenfold
