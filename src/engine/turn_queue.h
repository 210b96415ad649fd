// TurnQueue: one caller at a time, in the order of FairOrder; who waits can be cancelled. (A fair mutex: whatever the
// contention, everybody's turn comes.)
//
// Thread-safe. Who waits sleeps until his turn comes or he is cancelled. A flag that is set by somebody who rings the
// waiter's Doorbell afterwards ends the waiting at once; one that is a bare atomic, as callers give them, can wake
// nobody and is looked at every kCancelLook_s.
#pragma once

#include <atomic>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "engine/fair_order.h"
#include "runtime/doorbell.h"
#include "tenfold/status.h"

namespace tenfold {

// The flag that a caller gave, or one that nobody sets.
const std::atomic<bool>& flag_or_never(const std::atomic<bool>* cancel) noexcept;

class TurnQueue {
 public:
  static constexpr double kCancelLook_s = 0.01;

  // The turn, for as long as it lives: on the thread that took it.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (queue_ != nullptr) queue_->pass();
    }

   private:
    friend class TurnQueue;
    explicit Turn(TurnQueue& queue) : queue_(&queue) {}
    TurnQueue* queue_;
  };

  // Waits for the turn. account: whose time it is to be counted as, or null: first come, first served.
  //   cancel_bell:  rung after `cancel` was set; null: nobody rings
  // Errors: kCancelled if `cancel` is set before the turn comes; kFailedPrecondition if this very thread has it, which
  // would wait for itself, or if a fork() has taken whoever had it.
  Result<Turn> take(TimeAccount* account, const std::atomic<bool>& cancel, Doorbell* cancel_bell = nullptr);

  // See FairOrder::forget and has_company.
  void forget(const TimeAccount& account);
  [[nodiscard]] bool has_company(const TimeAccount& account) const;
  [[nodiscard]] int n_waiting() const;

  // What becomes of a turn whose thread is not there in the child of a fork(): it is over, or what was done in it is
  // left half done and so can never be gone on with.
  enum class LostTurn { kIsOver, kLeavesHalfDone };

  // Around fork(): nobody is within the queue meanwhile. In the child no other thread is left, to wait or to have the
  // turn.
  void before_fork() TENFOLD_ACQUIRE(mutex_) { mutex_.lock(); }
  void after_fork_in_parent() TENFOLD_RELEASE(mutex_) { mutex_.unlock(); }
  void after_fork_in_child(LostTurn lost) TENFOLD_RELEASE(mutex_);

 private:
  struct Waiting : FairOrder::Place {  // on the stack of its thread
    Doorbell* bell = nullptr;
  };
  // What is to be done now.
  struct Look {
    bool has_turn = false;
    double pause_s = Doorbell::kForever_s;  // else, before looking again
  };
  Status join(Waiting& mine);
  Look look(Waiting& mine);
  void leave(Waiting& mine);
  void pass();
  void wake_first() TENFOLD_REQUIRES(mutex_);

  mutable Mutex mutex_;
  FairOrder order_ TENFOLD_GUARDED_BY(mutex_);         // of Waiting
  std::thread::id holder_ TENFOLD_GUARDED_BY(mutex_);  // the thread that has the turn; none if nobody has
  bool is_half_done_ TENFOLD_GUARDED_BY(mutex_) = false;
};

}  // namespace tenfold
