// Monotonic time in seconds, the only clock that intervals are taken from. Thread-safe.
#pragma once

#include <chrono>

namespace tenfold {

inline double monotonic_seconds() noexcept {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace tenfold
