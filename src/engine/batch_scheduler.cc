#include "engine/batch_scheduler.h"

#include <chrono>

namespace tenfold {

namespace {

// How often one that waits looks at its flag. cancel() only sets the flag, so that a signal handler may call it.
constexpr auto kCancelLook = std::chrono::milliseconds(10);

}  // namespace

bool BatchScheduler::wait_for_turn(Waiting& mine, const std::atomic<bool>& cancel) {
  {
    std::unique_lock lock(mutex_);
    Waiting** end = &first_;
    while (*end != nullptr) end = &(*end)->next;
    *end = &mine;
    while (first_ != &mine && !cancel.load(std::memory_order_relaxed)) turn_changed_.wait_for(lock, kCancelLook);
    if (first_ == &mine) return true;
  }
  leave(mine);
  return false;
}

void BatchScheduler::leave(Waiting& mine) {
  {
    const std::lock_guard lock(mutex_);
    Waiting** at = &first_;
    while (*at != &mine) at = &(*at)->next;
    *at = mine.next;
  }
  turn_changed_.notify_all();
}

Status BatchScheduler::run(Executor& executor, const BatchSequence& sequence, std::span<float> rows,
                           const std::atomic<bool>& cancel, OutputKind kind) noexcept {
  return in_turn(cancel, [&] { return executor.run({&sequence, 1}, rows, &cancel, kind); });
}

}  // namespace tenfold
