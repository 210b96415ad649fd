#include "engine/turn_queue.h"

#include <algorithm>

#include "base/clock.h"
#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

const std::atomic<bool> kNever = false;

}  // namespace

const std::atomic<bool>& flag_or_never(const std::atomic<bool>* cancel) noexcept {
  return cancel != nullptr ? *cancel : kNever;
}

Result<TurnQueue::Turn> TurnQueue::take(TimeAccount* account, const std::atomic<bool>& cancel, Doorbell* cancel_bell) {
  Doorbell own;
  Waiting mine;
  mine.account = account;
  mine.bell = cancel_bell != nullptr ? cancel_bell : &own;
  const bool is_told = cancel_bell != nullptr || &cancel == &kNever;
  TENFOLD_RETURN_IF_ERROR(join(mine));
  while (true) {
    const std::uint32_t heard = mine.bell->listen();
    if (cancel.load(std::memory_order_relaxed)) break;
    const Look now = look(mine);
    if (now.has_turn) return Turn(*this);
    mine.bell->wait(heard, is_told ? now.pause_s : std::min(now.pause_s, kCancelLook_s));
  }
  leave(mine);
  return cancelled("the call was cancelled before its turn came");
}

Status TurnQueue::join(Waiting& mine) {
  const MutexLock lock(mutex_);
  if (holder_ == std::this_thread::get_id()) {
    return failed_precondition("expected a call from outside, found one from within the callback of another that it ",
                               "would wait for");
  }
  if (is_half_done_) {
    return failed_precondition("expected an engine that no other thread was using at a fork, found one that was at ",
                               "work; threads do not survive a fork: open the model anew");
  }
  order_.join(mine);
  return {};
}

TurnQueue::Look TurnQueue::look(Waiting& mine) {
  const MutexLock lock(mutex_);
  if (holder_ != std::thread::id()) return {};
  const double now_s = monotonic_seconds();
  const FairOrder::Next next = order_.next(now_s);
  if (next.place == nullptr) return {false, next.pause_s};
  if (next.place != &mine) return {};
  holder_ = std::this_thread::get_id();
  order_.begin(mine, now_s);
  return {true, 0};
}

void TurnQueue::leave(Waiting& mine) {
  const MutexLock lock(mutex_);
  order_.leave(mine);
  wake_first();
}

void TurnQueue::forget(const TimeAccount& account) {
  const MutexLock lock(mutex_);
  order_.forget(account);
  wake_first();
}

bool TurnQueue::has_company(const TimeAccount& account) const {
  const MutexLock lock(mutex_);
  TENFOLD_DCHECK(holder_ == std::this_thread::get_id());
  return order_.has_company(account, monotonic_seconds());
}

int TurnQueue::n_waiting() const {
  const MutexLock lock(mutex_);
  int n = 0;
  for (const FairOrder::Place* place = order_.first(); place != nullptr; place = place->next) ++n;
  return n;
}

void TurnQueue::pass() {
  const MutexLock lock(mutex_);
  TENFOLD_DCHECK(holder_ == std::this_thread::get_id());
  holder_ = {};
  order_.end(monotonic_seconds());
  wake_first();
}

// With the lock, so that it cannot be gone before it is told.
void TurnQueue::wake_first() {
  if (holder_ == std::thread::id() && order_.first() != nullptr) static_cast<Waiting*>(order_.first())->bell->ring();
}

void TurnQueue::after_fork_in_child(LostTurn lost) {
  if (holder_ == std::this_thread::get_id()) {
    order_.forget_waiting();
  } else {
    is_half_done_ = is_half_done_ || (holder_ != std::thread::id() && lost == LostTurn::kLeavesHalfDone);
    holder_ = {};
    order_.forget_all_but_time();
  }
  mutex_.unlock();
}

}  // namespace tenfold
