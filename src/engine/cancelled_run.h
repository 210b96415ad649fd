// CancelledRun: from enter() to the end of its scope, Cancel::request() stops a session's run.
//
// One thread's, on its stack. In the child of a fork() the runs of the thread that called it go on and can be stopped
// there, too; those of other threads are not there.
#pragma once

#include <atomic>

#include "runtime/doorbell.h"
#include "tenfold/cancel.h"
#include "tenfold/status.h"

namespace tenfold {

class CancelledRun {
 public:
  // Both are the session's: what the run looks at, and what wakes it while it waits for a turn.
  CancelledRun(std::atomic<bool>& flag, Doorbell& bell) : flag_(flag), bell_(bell) {}
  ~CancelledRun() { leave(); }
  CancelledRun(const CancelledRun&) = delete;
  CancelledRun& operator=(const CancelledRun&) = delete;

  // Once. cancel: may be null. A request that came before stops the run now. Errors: kResourceExhausted if the Cancel
  // has kMaxRuns already.
  Status enter(Cancel* cancel);

  // In the child of a fork(), by the one thread that is there.
  static void after_fork_in_child() noexcept;

 private:
  friend class Cancel;

  [[nodiscard]] bool take(Cancel::Place& place, int process) noexcept;
  void stop() noexcept;
  void leave() noexcept;

  std::atomic<bool>& flag_;
  Doorbell& bell_;
  Cancel* cancel_ = nullptr;
  Cancel::Place* place_ = nullptr;
  CancelledRun* entered_before_ = nullptr;  // by the same thread
};

}  // namespace tenfold
