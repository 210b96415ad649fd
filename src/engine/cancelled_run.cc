#include "engine/cancelled_run.h"

#include <unistd.h>

#include <thread>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

namespace {

thread_local constinit CancelledRun* entered_last = nullptr;  // by this thread

}  // namespace

// What a signal handler may use: all that is atomic here, and getpid().
//
// All orders are sequential: either the request sees the run, or the run sees the request.
void Cancel::request() noexcept {
  static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
                std::atomic<CancelledRun*>::is_always_lock_free && std::atomic<Requests>::is_always_lock_free);
  const int process = ::getpid();
  Requests seen = requests_;
  while (!requests_.compare_exchange_weak(seen, {process, seen.process == process ? seen.n + 1 : 1})) {
  }
  if (!requested_.exchange(true)) {
    for (Place& place : places_) {
      if (place.process == process) place.run.load()->stop();
    }
  }
  seen = requests_;
  while (seen.process == process && !requests_.compare_exchange_weak(seen, {process, seen.n - 1})) {
  }
}

void CancelledRun::stop() noexcept {
  flag_ = true;
  bell_.ring();
}

Status CancelledRun::enter(Cancel* cancel) {
  TENFOLD_DCHECK(cancel_ == nullptr);
  if (cancel == nullptr) return {};
  const int process = ::getpid();
  for (Cancel::Place& place : cancel->places_) {
    if (!take(place, process)) continue;
    cancel_ = cancel;
    place_ = &place;
    entered_before_ = entered_last;
    entered_last = this;
    if (cancel->requested()) flag_ = true;
    return {};
  }
  if (cancel->requested()) {
    flag_ = true;
    return {};
  }
  return resource_exhausted("cancel: expected at most ", Cancel::kMaxRuns, " runs at the same time, found more");
}

// The run is there before the place says so.
bool CancelledRun::take(Cancel::Place& place, int process) noexcept {
  int found = place.process;
  if (found == process || found == -process) return false;
  if (!place.process.compare_exchange_strong(found, -process)) return false;
  place.run = this;
  place.process = process;
  return true;
}

// Who is within request() may have read the place before it was given back, and is about to stop the run.
void CancelledRun::leave() noexcept {
  if (cancel_ == nullptr) return;
  CancelledRun** at = &entered_last;
  while (*at != this) {
    TENFOLD_DCHECK(*at != nullptr);
    at = &(*at)->entered_before_;
  }
  *at = entered_before_;
  place_->process = Cancel::kNobody;
  const int process = ::getpid();
  for (Cancel::Requests seen = cancel_->requests_; seen.process == process && seen.n > 0; seen = cancel_->requests_) {
    std::this_thread::yield();
  }
}

// A request that another thread was making is not carried on: its runs here are stopped now.
void CancelledRun::after_fork_in_child() noexcept {
  const int process = ::getpid();
  for (CancelledRun* run = entered_last; run != nullptr; run = run->entered_before_) {
    run->place_->process = process;
    if (run->cancel_->requested()) run->stop();
  }
}

}  // namespace tenfold
