#include "engine/cancelled_run.h"

#include <thread>

#include "base/error.h"

namespace tenfold {

// What a signal handler may use.
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
              std::atomic<CancelledRun*>::is_always_lock_free);

// All orders are sequential: either the request sees the run, or the run sees the request.
void Cancel::request() noexcept {
  ++n_requesting_;
  if (!requested_.exchange(true)) {
    for (std::atomic<CancelledRun*>& place : runs_) {
      if (CancelledRun* const run = place.load()) run->stop();
    }
  }
  --n_requesting_;
}

void CancelledRun::stop() noexcept {
  flag_ = true;
  bell_.ring();
}

Status CancelledRun::enter(Cancel* cancel) {
  if (cancel == nullptr) return {};
  for (std::atomic<CancelledRun*>& place : cancel->runs_) {
    CancelledRun* nobody = nullptr;
    if (!place.compare_exchange_strong(nobody, this)) continue;
    cancel_ = cancel;
    place_ = &place;
    if (cancel->requested()) flag_ = true;
    return {};
  }
  if (cancel->requested()) {
    flag_ = true;
    return {};
  }
  return resource_exhausted("cancel: expected at most ", Cancel::kMaxRuns, " runs at the same time, found more");
}

// Who is within request() may have read the place before it was given back, and is about to stop the run.
void CancelledRun::leave() noexcept {
  if (cancel_ == nullptr) return;
  place_->store(nullptr);
  while (cancel_->n_requesting_ != 0) std::this_thread::yield();
}

}  // namespace tenfold
