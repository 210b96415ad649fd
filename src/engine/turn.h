// Turn: one caller at a time; who waits can be cancelled.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace tenfold {

// The flag that a caller gave, or one that nobody sets.
const std::atomic<bool>& flag_or_never(const std::atomic<bool>* cancel) noexcept;

class Turn {
 public:
  // The turn, for as long as it lives.
  class Mine {
   public:
    explicit Mine(Turn& turn) : turn_(&turn) {}
    Mine(Mine&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
    Mine& operator=(Mine&&) = delete;
    ~Mine() {
      if (turn_ != nullptr) turn_->pass();
    }

   private:
    Turn* turn_;
  };

  // Waits for it. None if `cancel` was set before it came.
  std::optional<Mine> wait(const std::atomic<bool>& cancel);

 private:
  void pass();

  std::mutex mutex_;
  std::condition_variable passed_;
  bool taken_ = false;
};

}  // namespace tenfold
