#include "memory_bandwidth.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "platform/memory_info.h"

namespace tenfold::cli {

namespace {

constexpr int kMaxThreads = 1024;
constexpr std::size_t kMinBytesPerThread = std::size_t{1} << 20;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kLine = 64;

struct ReadPattern {
  int n_streams;                // places in the slice that are read in turn: 1, 2 or 4
  std::size_t prefetch_before;  // bytes ahead of the reading position; 0: none
};
constexpr ReadPattern kPatterns[] = {{1, 0}, {1, 512}, {1, 2048}, {1, 4096}, {2, 1024}, {4, 0}, {4, 512}, {4, 2048}};

// An anonymous mapping, of huge pages where the system has them.
class Buffer {
 public:
  explicit Buffer(std::size_t bytes) : bytes_(bytes) {
    void* mapped = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return;
    data_ = static_cast<std::byte*>(mapped);
    (void)madvise(data_, bytes_, MADV_HUGEPAGE);  // may be unknown to the kernel: then the pages are what they are
  }
  ~Buffer() {
    if (data_ != nullptr) munmap(data_, bytes_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  [[nodiscard]] std::byte* data() const noexcept { return data_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_;
};

// Sums one slice; the sum is what keeps the compiler from leaving the reads out.
template <int kStreams>
std::uint64_t read_streams(const std::byte* slice, std::size_t bytes, std::size_t prefetch_before) noexcept {
  constexpr int kWords = kLine / sizeof(std::uint64_t);
  const std::size_t stream_bytes = bytes / kStreams / kLine * kLine;
  std::uint64_t sums[kWords] = {};
  for (std::size_t at = 0; at < stream_bytes; at += kLine) {
    for (int s = 0; s < kStreams; ++s) {
      const std::byte* line = slice + static_cast<std::size_t>(s) * stream_bytes + at;
      // Past the end of the slice a prefetch is harmless: it never faults.
      if (prefetch_before != 0) __builtin_prefetch(line + prefetch_before);
      std::uint64_t words[kWords];
      std::memcpy(words, line, kLine);
      for (int w = 0; w < kWords; ++w) sums[w] += words[w];
    }
  }
  std::uint64_t total = 0;
  for (const std::uint64_t sum : sums) total += sum;
  return total;
}

std::uint64_t read_slice(const std::byte* slice, std::size_t bytes, const ReadPattern& pattern) noexcept {
  switch (pattern.n_streams) {
    case 1: return read_streams<1>(slice, bytes, pattern.prefetch_before);
    case 2: return read_streams<2>(slice, bytes, pattern.prefetch_before);
    default: return read_streams<4>(slice, bytes, pattern.prefetch_before);
  }
}

// Threads that walk through the patterns together, one barrier before and after each. Thread 0 is the caller.
class ReadTeam {
 public:
  ReadTeam(std::byte* data, int n_threads, std::size_t slice_bytes)
      : data_(data), n_threads_(n_threads), slice_bytes_(slice_bytes), spans_(static_cast<std::size_t>(n_threads)) {}

  // Best bytes a second over all patterns, or 0 if a thread could not be started.
  double measure() {
    std::vector<std::thread> others;
    others.reserve(static_cast<std::size_t>(n_threads_ - 1));
    bool started = true;
    for (int t = 1; t < n_threads_ && started; ++t) {
      try {
        others.emplace_back([this, t] { work(t); });
      } catch (const std::system_error&) {
        give_up_.store(true);
        started = false;
      }
    }
    if (started) work(0);
    for (std::thread& other : others) other.join();
    return started ? best_ : 0;
  }

 private:
  struct alignas(kLine) Span {
    double begin_s = 0, end_s = 0;
  };

  void work(int thread) noexcept {
    std::byte* slice = data_ + static_cast<std::size_t>(thread) * slice_bytes_;
    // Written by the thread that will read it, so that its pages lie in the memory nearest to it.
    std::memset(slice, thread + 1, slice_bytes_);
    Span& span = spans_[static_cast<std::size_t>(thread)];
    for (const ReadPattern& pattern : kPatterns) {
      if (!meet()) return;
      span.begin_s = monotonic_seconds();
      sink_.fetch_add(read_slice(slice, slice_bytes_, pattern), std::memory_order_relaxed);
      span.end_s = monotonic_seconds();
      if (!meet()) return;
      // The others cannot write their spans again before this thread is at the next barrier.
      if (thread == 0) best_ = std::max(best_, rate());
    }
  }

  // Bytes a second from the first thread's beginning to the last one's end: threads rarely start at the same moment.
  [[nodiscard]] double rate() const noexcept {
    double begin = spans_[0].begin_s;
    double end = spans_[0].end_s;
    for (const Span& span : spans_) {
      begin = std::min(begin, span.begin_s);
      end = std::max(end, span.end_s);
    }
    return end > begin ? static_cast<double>(slice_bytes_) * n_threads_ / (end - begin) : 0;
  }

  // Waits until all threads are here; false if the probe was given up.
  bool meet() noexcept {
    const int round = round_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == n_threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.fetch_add(1, std::memory_order_release);
      return true;
    }
    for (int spins = 0; round_.load(std::memory_order_acquire) == round; ++spins) {
      if (give_up_.load(std::memory_order_relaxed)) return false;
      if (spins > 1000) std::this_thread::yield();
    }
    return true;
  }

  std::byte* const data_;
  const int n_threads_;
  const std::size_t slice_bytes_;
  std::vector<Span> spans_;  // one a thread
  std::atomic<int> arrived_{0};
  std::atomic<int> round_{0};
  std::atomic<bool> give_up_{false};
  std::atomic<std::uint64_t> sink_{0};
  double best_ = 0;  // thread 0 only
};

}  // namespace

std::size_t default_probe_bytes() {
  constexpr std::size_t kLeast = std::size_t{256} << 20, kMost = std::size_t{1} << 30;
  const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);  // 0 or -1 where nobody says
  const std::size_t wanted = std::clamp(4 * static_cast<std::size_t>(std::max(cache, 0L)), kLeast, kMost);
  const std::optional<std::uint64_t> usable = usable_memory_bytes(read_memory_info());
  return usable ? std::min<std::uint64_t>(wanted, *usable / 8) : kLeast / 8;
}

Result<double> measure_read_bandwidth(int n_threads, std::size_t buffer_bytes) {
  if (n_threads < 1 || n_threads > kMaxThreads) {
    return invalid_argument("memory probe: expected 1…", kMaxThreads, " threads, found ", n_threads);
  }
  const std::size_t threads = static_cast<std::size_t>(n_threads);
  const std::size_t slice_bytes =
      std::max(kMinBytesPerThread, buffer_bytes / threads / kMinBytesPerThread * kMinBytesPerThread);
  double best = 0;
  const Buffer buffer((slice_bytes * threads + kHugePage - 1) / kHugePage * kHugePage);
  if (buffer.data() != nullptr) best = ReadTeam(buffer.data(), n_threads, slice_bytes).measure();
  if (best <= 0) {
    return resource_exhausted("memory probe: cannot start ", n_threads, " threads with ", slice_bytes, " bytes each");
  }
  return best / 1e9;
}

}  // namespace tenfold::cli
