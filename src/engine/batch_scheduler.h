// BatchScheduler: shares the threads of a host between all who have steps to run, one step at a time.
//
// Each who submits steps (a session, the vectors of texts, images, a model that is being loaded) is a Client and gets
// the same share of the time, in turns of one step, whichever engine it is of; see FairOrder. Thread-safe.
#pragma once

#include <atomic>

#include "base/contracts.h"
#include "base/error.h"
#include "base/guard.h"
#include "engine/turn_queue.h"

namespace tenfold {

class BatchScheduler {
 public:
  // One caller at a time. The scheduler must outlive it.
  class Client {
   public:
    explicit Client(BatchScheduler& scheduler) : queue_(scheduler.queue_) {}
    // Who sets the flag that cancels this client's turns rings this bell then, so that no waiting goes on.
    Client(BatchScheduler& scheduler, Doorbell& cancel_bell) : queue_(scheduler.queue_), cancel_bell_(&cancel_bell) {}
    ~Client() { queue_.forget(account_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Waits for its turn, then calls `work`, which returns a Status and may use the threads. Never throws, and the turn
    // always passes on. Errors: see TurnQueue::take; those of the work.
    template <typename Work>
    Status in_turn(const std::atomic<bool>& cancel, const Work& work) noexcept {
      return guard([&]() -> Status {
        TENFOLD_ASSIGN_OR_RETURN(const TurnQueue::Turn turn, take(cancel));
        return work();
      });
    }
    // The turn itself, for work that gives it back in between.
    Result<TurnQueue::Turn> take(const std::atomic<bool>& cancel) {
      const OneCaller::Call call(callers_);
      return queue_.take(&account_, cancel, cancel_bell_);
    }

    // Whether others want the threads, too, so that a turn should be short. For whoever has the turn.
    [[nodiscard]] bool has_company() const { return queue_.has_company(account_); }

   private:
    TurnQueue& queue_;
    Doorbell* cancel_bell_ = nullptr;
    TimeAccount account_;
    [[no_unique_address]] OneCaller callers_;
  };

  // A turn for what takes no time to speak of: it is counted to nobody, and is no company.
  Result<TurnQueue::Turn> take_short_turn() { return queue_.take(nullptr, flag_or_never(nullptr)); }

  // How many wait for their turn.
  [[nodiscard]] int n_waiting() const { return queue_.n_waiting(); }

  // See TurnQueue::before_fork.
  [[nodiscard]] TurnQueue& queue() noexcept { return queue_; }

 private:
  TurnQueue queue_;
};

}  // namespace tenfold
