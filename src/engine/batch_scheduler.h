// BatchScheduler: sessions submit steps, which run in the order they came, one at a time.
//
// A step says which executor runs it: those of an Engine share its threads, so they share the turns, too.
// A session that generates submits its next step only after the last, so sessions on several threads take turns step by
// step. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <span>

#include "base/error.h"
#include "base/guard.h"
#include "model/executor.h"

namespace tenfold {

class BatchScheduler {
 public:
  // Waits for its turn, at most one step of every other session, then runs the sequence's step; see Executor::run.
  // A cancel ends the waiting, too. Never throws, and the turn always passes on.
  Status run(Executor& executor, const BatchSequence& sequence, std::span<float> rows, const std::atomic<bool>& cancel,
             OutputKind kind = OutputKind::kLogits) noexcept;

  // The same for any work that takes the threads: a callable that returns a Status.
  template <typename Work>
  Status in_turn(const std::atomic<bool>& cancel, const Work& work) noexcept {
    Waiting mine;
    if (!wait_for_turn(mine, cancel)) {
      return guard([] { return cancelled("the step was cancelled before its turn came"); });
    }
    Status status = guard(work);
    leave(mine);
    return status;
  }

 private:
  struct Waiting {  // on the stack of its thread
    Waiting* next = nullptr;
  };
  // False if it was cancelled before its turn came; it has then left the queue.
  bool wait_for_turn(Waiting& mine, const std::atomic<bool>& cancel);
  void leave(Waiting& mine);

  std::mutex mutex_;
  std::condition_variable turn_changed_;
  Waiting* first_ = nullptr;  // whose turn it is; then the others in the order they came
};

}  // namespace tenfold
