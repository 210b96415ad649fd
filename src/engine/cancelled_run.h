// CancelledRun: from enter() to the end of its scope, Cancel::request() stops a session's run.
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

  // cancel: may be null. A request that came before stops the run now. Errors: kResourceExhausted if the Cancel has
  // kMaxRuns already.
  Status enter(Cancel* cancel);

 private:
  friend class Cancel;

  void stop() noexcept;
  void leave() noexcept;

  std::atomic<bool>& flag_;
  Doorbell& bell_;
  Cancel* cancel_ = nullptr;
  std::atomic<CancelledRun*>* place_ = nullptr;
};

}  // namespace tenfold
