// How long a thread was ready to run while its core ran another (its run delay): what contention for the cores costs.
// The kernel counts it for each thread.
//
// Unlike the difference between wall time and CPU time it knows neither sleep nor what a hypervisor takes away, so on a
// quiet machine it stands still. Systems that do not tell it (some sandboxes) look like quiet ones.
#pragma once

#include <cstdint>
#include <optional>

namespace tenfold {

// The count of one thread. Owns a descriptor that stays that thread's whoever reads; reading is thread-safe and takes
// about a microsecond.
class RunDelay {
 public:
  RunDelay() noexcept = default;
  static RunDelay of_this_thread() noexcept;

  RunDelay(RunDelay&& other) noexcept;
  RunDelay& operator=(RunDelay&& other) noexcept;
  ~RunDelay();

  // Since the thread began; none if the system does not tell or the thread has ended.
  [[nodiscard]] std::optional<std::int64_t> ns() const noexcept;

 private:
  explicit RunDelay(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

// The count of whichever thread asks, summed over the threads that asked: each counts from when it first asked until
// the next one did. Not thread-safe: one at a time.
class CallerDelay {
 public:
  [[nodiscard]] std::int64_t ns() noexcept;

 private:
  RunDelay delay_;
  int thread_id_ = 0;
  std::int64_t seen_ns_ = 0;  // of the present thread
  std::int64_t sum_ns_ = 0;   // of all
};

}  // namespace tenfold
