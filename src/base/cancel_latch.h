// A caller's wish to stop, as long loops look at it.
#pragma once

#include <atomic>
#include <cstddef>

namespace tenfold {

// Remembers that the flag was set, even if somebody clears it while the work winds up: what a loop left half done must
// not pass for a result. Made for one call, on its stack. One thread; the flag may be set from any.
class CancelLatch {
 public:
  // How much text a loop may go through between two looks.
  static constexpr std::size_t kBytesBetweenLooks = std::size_t{1} << 16;

  explicit CancelLatch(const std::atomic<bool>* flag = nullptr) noexcept : flag_(flag) {}

  [[nodiscard]] bool is_set() noexcept {
    if (!is_set_ && flag_ != nullptr) is_set_ = flag_->load(std::memory_order_relaxed);
    return is_set_;
  }

 private:
  const std::atomic<bool>* flag_;
  bool is_set_ = false;
};

}  // namespace tenfold
