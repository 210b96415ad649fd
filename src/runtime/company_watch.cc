#include "runtime/company_watch.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/contracts.h"

namespace tenfold {

CompanyWatch::CompanyWatch(int n_threads, Senses senses)
    : n_threads_(n_threads),
      senses_(std::move(senses)),
      n_active_(n_threads),
      window_threads_(n_threads),
      window_most_(n_threads),
      waits_before_s_(static_cast<std::size_t>(n_threads)),
      waits_now_s_(static_cast<std::size_t>(n_threads)) {
  TENFOLD_DCHECK(n_threads >= 1);
  TENFOLD_DCHECK(n_threads == 1 || (senses_.now_s != nullptr && senses_.read_waits != nullptr));
}

void CompanyWatch::grow(int n_threads) {
  TENFOLD_DCHECK(n_threads >= n_threads_);
  if (n_active_ == n_threads_) n_active_ = n_threads;
  n_threads_ = n_threads;
  waits_before_s_.resize(static_cast<std::size_t>(n_threads));
  waits_now_s_.resize(static_cast<std::size_t>(n_threads));
}

int CompanyWatch::begin_step(int n_tokens, int most) {
  TENFOLD_DCHECK(n_tokens >= 1 && most >= 1 && most <= n_threads_);
  if (n_threads_ == 1) return 1;
  const int n_active = std::min(most, n_tokens <= kSmallStepTokens || long_steps_give_way_ ? n_active_ : n_threads_);
  step_began_s_ = senses_.now_s();
  // What happened while no step ran tells nothing.
  const bool paused = step_began_s_ > step_ended_s_ + kWindow_s;
  if (paused || n_active != window_threads_ || most != window_most_) begin_window(n_active, most);
  return n_active;
}

void CompanyWatch::end_step() {
  if (n_threads_ == 1) return;
  TENFOLD_DCHECK(step_began_s_ >= step_ended_s_);
  step_ended_s_ = senses_.now_s();
  window_s_ += step_ended_s_ - step_began_s_;
  if (window_s_ < kWindow_s) return;
  const auto n = static_cast<std::size_t>(window_threads_);
  senses_.read_waits(std::span(waits_now_s_).first(n));
  int n_own_cores = 0;
  for (std::size_t i = 0; i < n; ++i) {
    n_own_cores += waits_now_s_[i] - waits_before_s_[i] <= kCrowdedShare * window_s_;
  }
  std::swap(waits_before_s_, waits_now_s_);
  judge(n_own_cores, step_ended_s_);
  window_s_ = 0;
}

void CompanyWatch::begin_window(int n_active, int most) {
  if (n_active != window_threads_) n_crowded_ = 0;
  window_threads_ = n_active;
  window_most_ = most;
  window_s_ = 0;
  senses_.read_waits(std::span(waits_before_s_).first(static_cast<std::size_t>(n_active)));
}

void CompanyWatch::judge(int n_own_cores, double now_s) {
  const bool all = window_threads_ == window_most_;
  if (n_own_cores == window_threads_) {
    n_crowded_ = 0;
    if (all) next_hold_s_ = kFirstHold_s;
    if (window_threads_ == n_threads_ || now_s >= held_until_s_) n_active_ = n_threads_;
    return;
  }
  n_crowded_ = std::min(n_crowded_ + (window_s_ < kCertain_s ? 1 : kCrowdedWindows), kCrowdedWindows);
  if (n_crowded_ < kCrowdedWindows) return;
  if (!all && n_own_cores == 0) long_steps_give_way_ = false;
  if (window_threads_ == 1 || (all && now_s < held_until_s_)) return;
  long_steps_give_way_ = n_own_cores == 0;
  give_way(n_own_cores > 0 ? n_own_cores : window_threads_ / 2, now_s);
}

void CompanyWatch::give_way(int n_active, double now_s) {
  n_crowded_ = 0;
  n_active_ = n_active;
  held_until_s_ = now_s + next_hold_s_;
  next_hold_s_ = std::min(2 * next_hold_s_, kLongestHold_s);
}

}  // namespace tenfold
