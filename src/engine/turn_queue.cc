#include "engine/turn_queue.h"

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "base/error.h"

namespace tenfold {

namespace {

// How often one that waits looks at its flag. To cancel is only to set the flag, so that a signal handler may do it.
constexpr double kCancelLook_s = 0.01;

}  // namespace

const std::atomic<bool>& flag_or_never(const std::atomic<bool>* cancel) noexcept {
  static const std::atomic<bool> never = false;
  return cancel != nullptr ? *cancel : never;
}

Result<TurnQueue::Turn> TurnQueue::take(TimeAccount* account, const std::atomic<bool>& cancel) {
  Waiting mine;
  mine.account = account;
  std::unique_lock lock(mutex_);
  if (holder_ == std::this_thread::get_id()) {
    return failed_precondition("expected a call from outside, found one from within the callback of another that it ",
                               "would wait for");
  }
  order_.join(mine);
  while (!cancel.load(std::memory_order_relaxed)) {
    FairOrder::Next next;
    if (holder_ == std::thread::id()) next = order_.next(monotonic_seconds());
    if (next.place == &mine) {
      holder_ = std::this_thread::get_id();
      order_.begin(mine, monotonic_seconds());
      return Turn(*this);
    }
    const double pause_s = next.pause_s > 0 ? std::min(next.pause_s, kCancelLook_s) : kCancelLook_s;
    mine.comes.wait_for(lock, std::chrono::duration<double>(pause_s));
  }
  order_.leave(mine);
  wake_first();
  lock.unlock();
  return cancelled("the call was cancelled before its turn came");
}

bool TurnQueue::has_company(const TimeAccount& account) const {
  const std::lock_guard lock(mutex_);
  return order_.has_company(account, monotonic_seconds());
}

int TurnQueue::n_waiting() const {
  const std::lock_guard lock(mutex_);
  int n = 0;
  for (const FairOrder::Place* place = order_.first(); place != nullptr; place = place->next) ++n;
  return n;
}

void TurnQueue::pass() {
  const std::lock_guard lock(mutex_);
  holder_ = {};
  order_.end(monotonic_seconds());
  wake_first();
}

// With the lock, so that it cannot be gone before it is told.
void TurnQueue::wake_first() {
  if (holder_ == std::thread::id() && order_.first() != nullptr) {
    static_cast<Waiting*>(order_.first())->comes.notify_one();
  }
}

}  // namespace tenfold
