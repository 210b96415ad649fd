// TurnQueue: one caller at a time, in the order of FairOrder; who waits can be cancelled.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/fair_order.h"
#include "tenfold/status.h"

namespace tenfold {

// The flag that a caller gave, or one that nobody sets.
const std::atomic<bool>& flag_or_never(const std::atomic<bool>* cancel) noexcept;

class TurnQueue {
 public:
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
  // Errors: kCancelled if `cancel` is set before the turn comes; kFailedPrecondition if this very thread has it, which
  // would wait for itself.
  Result<Turn> take(TimeAccount* account, const std::atomic<bool>& cancel);

  // See FairOrder::has_company.
  [[nodiscard]] bool has_company(const TimeAccount& account) const;
  [[nodiscard]] int n_waiting() const;

 private:
  struct Waiting : FairOrder::Place {  // on the stack of its thread
    std::condition_variable comes;
  };
  void pass();
  void wake_first();

  mutable std::mutex mutex_;
  FairOrder order_;         // of Waiting
  std::thread::id holder_;  // the thread that has the turn; none if nobody has
};

}  // namespace tenfold
