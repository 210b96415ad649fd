#include "core_distance.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <system_error>
#include <thread>

#include "base/clock.h"
#include "base/error.h"

namespace tenfold::cli {

namespace {

constexpr int kSamples = 21;
constexpr int kTrips = 500;        // in a sample
constexpr int kSpins = 2000;       // before the core is given to the other thread: it may have no core of its own
constexpr double kSeconds = 0.05;  // after that, what there is counts

class Line {
 public:
  // Waits for `value`, then writes the next one; false if the line was stopped before.
  bool answer(int value) noexcept {
    for (int spins = 0; value_.load(std::memory_order_acquire) != value; ++spins) {
      if (stopped_.load(std::memory_order_relaxed)) return false;
      if (spins > kSpins) std::this_thread::yield();
    }
    value_.store(value + 1, std::memory_order_release);
    return true;
  }
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }

 private:
  alignas(64) std::atomic<int> value_{0};
  alignas(64) std::atomic<bool> stopped_{false};
};

double median_round_trip_ns(Line& line) noexcept {
  std::array<double, kSamples> samples{};
  std::size_t n = 0;
  int value = 0;
  const double end_s = monotonic_seconds() + kSeconds;
  for (bool first = true; n < samples.size() && (n == 0 || monotonic_seconds() < end_s); first = false) {
    const double begin_s = monotonic_seconds();
    for (int i = 0; i < kTrips; ++i, value += 2) line.answer(value);
    if (!first) samples[n++] = (monotonic_seconds() - begin_s) * 1e9 / kTrips;  // the first waits for the thread
  }
  std::sort(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(n));
  return samples[n / 2];
}

}  // namespace

Result<double> measure_core_round_trip_ns() {
  Line line;
  try {
    std::thread other([&line] {
      for (int value = 1; line.answer(value); value += 2) {
      }
    });
    const double ns = median_round_trip_ns(line);
    line.stop();
    other.join();
    return ns;
  } catch (const std::system_error&) {
    return resource_exhausted("core distance: cannot start a second thread");
  }
}

}  // namespace tenfold::cli
