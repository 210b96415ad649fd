// Doorbell: one thread sleeps until somebody rings. To ring takes no lock, so that a signal handler may do it, even one
// that interrupts the sleeper. (An event count, with one waiter.)
//
// Who waits for something that others change listens first, then looks, then sleeps: a ring in between is not missed.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "base/contracts.h"

namespace tenfold {

class Doorbell {
 public:
  static constexpr double kForever_s = std::numeric_limits<double>::infinity();

  // What wait() is to be given.
  [[nodiscard]] std::uint32_t listen() const noexcept { return rings_.load(std::memory_order_acquire); }
  // One thread at a time. Returns when it has rung since listen(), after so long, or for no reason: look again.
  void wait(std::uint32_t heard, double longest_s = kForever_s) noexcept;

  // From any thread or signal handler, while the bell lives.
  void ring() noexcept;

 private:
  std::atomic<std::uint32_t> rings_ = 0;
  [[no_unique_address]] OneCaller sleepers_;
};

}  // namespace tenfold
