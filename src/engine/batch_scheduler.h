// BatchScheduler: shares the threads of an engine between all who have steps to run, one step at a time.
//
// Each who submits steps (a session, the vectors of texts, pictures) is a Client and gets the same share of the time,
// in turns of one step; see FairOrder. Thread-safe.
#pragma once

#include <atomic>

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
    Result<TurnQueue::Turn> take(const std::atomic<bool>& cancel) { return queue_.take(&account_, cancel); }

    // Whether others want the threads, too, so that a turn should be short. For whoever has the turn.
    [[nodiscard]] bool has_company() const { return queue_.has_company(account_); }

   private:
    TurnQueue& queue_;
    TimeAccount account_;
  };

  // A turn for what takes no time to speak of: it is counted to nobody, and is no company.
  Result<TurnQueue::Turn> take_short_turn() { return queue_.take(nullptr, flag_or_never(nullptr)); }

  // How many wait for their turn.
  [[nodiscard]] int n_waiting() const { return queue_.n_waiting(); }

 private:
  TurnQueue queue_;
};

}  // namespace tenfold
