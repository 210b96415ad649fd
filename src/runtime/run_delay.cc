#include "runtime/run_delay.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <utility>

namespace tenfold {

RunDelay RunDelay::of_this_thread() noexcept {
  return RunDelay(open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC));
}

RunDelay::RunDelay(RunDelay&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

RunDelay& RunDelay::operator=(RunDelay&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

RunDelay::~RunDelay() {
  if (descriptor_ >= 0) close(descriptor_);
}

// "nanoseconds run, nanoseconds waited, times run"
std::optional<std::int64_t> RunDelay::ns() const noexcept {
  std::array<char, 80> text;
  const ssize_t n = descriptor_ < 0 ? -1 : pread(descriptor_, text.data(), text.size(), 0);
  if (n <= 0) return std::nullopt;
  const char* const end = text.data() + n;
  std::int64_t run = 0;
  std::int64_t waited = 0;
  const auto [after_run, error] = std::from_chars(text.data(), end, run);
  if (error != std::errc{} || after_run == end) return std::nullopt;
  if (std::from_chars(after_run + 1, end, waited).ec != std::errc{}) return std::nullopt;
  return waited;
}

std::int64_t CallerDelay::ns() noexcept {
  const auto count = [this] {
    const std::optional<std::int64_t> now_ns = delay_.ns();
    if (!now_ns) return;
    sum_ns_ += *now_ns - seen_ns_;
    seen_ns_ = *now_ns;
  };
  count();
  const auto thread_id = static_cast<int>(syscall(SYS_gettid));
  if (thread_id == thread_id_) return sum_ns_;
  thread_id_ = thread_id;
  delay_ = RunDelay::of_this_thread();
  seen_ns_ = delay_.ns().value_or(0);
  return sum_ns_;
}

}  // namespace tenfold
