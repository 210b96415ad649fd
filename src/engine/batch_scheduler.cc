#include "engine/batch_scheduler.h"

namespace tenfold {

Status BatchScheduler::run(const BatchSequence& sequence, std::span<float> logits, const std::atomic<bool>& cancel) {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  // A cancelled one keeps its place: when its turn comes the executor refuses at once.
  turn_changed_.wait(lock, [&] { return now_serving_ == ticket; });
  lock.unlock();
  const Status status = executor_->run({&sequence, 1}, logits, &cancel);
  lock.lock();
  ++now_serving_;
  lock.unlock();
  turn_changed_.notify_all();
  return status;
}

}  // namespace tenfold
