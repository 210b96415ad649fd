#include "runtime/doorbell.h"

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "runtime/futex.h"

namespace tenfold {

void Doorbell::wait(std::uint32_t heard, double longest_s) noexcept {
  const OneCaller::Call call(sleepers_);
  if (longest_s == kForever_s) return futex_wait(rings_, heard);
  constexpr double kDay_s = 86400;
  const double seconds = std::clamp(longest_s, 0.0, kDay_s);
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(seconds);
  timeout.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  futex_wait(rings_, heard, &timeout);
}

void Doorbell::ring() noexcept {
  const int error_before = errno;
  rings_.fetch_add(1, std::memory_order_release);
  futex_wake_one(rings_);
  errno = error_before;
}

}  // namespace tenfold
