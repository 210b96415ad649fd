#include "engine/turn.h"

#include <chrono>

namespace tenfold {

namespace {

// How often one that waits looks at its flag.
constexpr auto kCancelLook = std::chrono::milliseconds(10);

}  // namespace

const std::atomic<bool>& flag_or_never(const std::atomic<bool>* cancel) noexcept {
  static const std::atomic<bool> never = false;
  return cancel != nullptr ? *cancel : never;
}

std::optional<Turn::Mine> Turn::wait(const std::atomic<bool>& cancel) {
  std::unique_lock lock(mutex_);
  while (taken_ && !cancel.load(std::memory_order_relaxed)) passed_.wait_for(lock, kCancelLook);
  if (taken_) return std::nullopt;
  taken_ = true;
  return std::optional<Mine>(std::in_place, *this);
}

void Turn::pass() {
  {
    const std::lock_guard lock(mutex_);
    taken_ = false;
  }
  passed_.notify_one();
}

}  // namespace tenfold
