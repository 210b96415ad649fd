// The protocol.
//
// One 64-bit word, `work`, says all that a thread must know before it touches a region:
//
//   bit 63: stop | bits 32…47: n_active | bits 0…31: chunks not yet claimed
//
// Start.  The caller writes `region` and `finished = 0` (plain stores), then puts n_active and n_chunks into `work`.
// Claim.  A thread whose number is below n_active takes one chunk with a compare-exchange of `work`, unclaimed → −1.
//         Only after that may it read `region`. The claim alone makes that safe: a region cannot end before each of its
//         claimed chunks has been reported, so as long as a claim is unreported `region` is the one the chunk belongs
//         to and nobody writes to it. A claim acquires from the caller's store (every change of `work` in between is
//         a read-modify-write, which keeps the release sequence whole).
// Report. When it finds nothing more to claim, a thread adds its number of chunks to `finished` (release) and does not
//         look at `region` again.
// End.    The caller, having found nothing more to claim, reports its own chunks and waits for finished == n_chunks
//         (acquire).
//
// Late threads. A thread that saw region g in `work`, fell asleep and comes back in region g + 1 either fails the
//         compare-exchange, or succeeds because the word happens to be the same; then it holds a valid claim on region
//         g + 1, which it reads only now. A thread that comes back between regions finds nothing unclaimed. Hence
//         there is no generation counter, and a caller never waits for a thread that holds no claim.
//
// Sleep.  A worker says `parked = 1`, looks at `work` once more, and sleeps on `parked`. The caller stores `work`, then
//         looks at `parked` and wakes. All four are sequentially consistent, so one of the two sees the other. The two
//         writes are exchanges, though stores would do by the language: qemu-user (7.2) lets an arm64 store pass the
//         load after it, and both then slept for ever. At the end of a region it is one word: the caller sets bit 31
//         of `finished` and sleeps on that; whoever adds to `finished` and sees the bit wakes it.
#include "runtime/task_pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "runtime/run_delay.h"
#include "runtime/signals_blocked.h"

namespace tenfold {

namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kStackBytes = std::size_t{1} << 20;
constexpr std::uint64_t kStop = std::uint64_t{1} << 63;
constexpr std::uint32_t kCallerSleeps = std::uint32_t{1} << 31;

// Between two regions of a step there are microseconds, between two tokens up to some tenths of a millisecond.
constexpr auto kSpin = std::chrono::microseconds(20);
constexpr auto kYield = std::chrono::microseconds(200);
constexpr int kPausesPerClockLook = 8;

constexpr std::uint64_t make_work(int n_active, int n_chunks) noexcept {
  return static_cast<std::uint64_t>(n_active) << 32 | static_cast<std::uint32_t>(n_chunks);
}
constexpr std::uint32_t n_unclaimed(std::uint64_t work) noexcept { return static_cast<std::uint32_t>(work); }
constexpr int n_active_of(std::uint64_t work) noexcept { return static_cast<int>(work >> 32 & 0xFFFF); }

void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Returns when woken, when *word is not `expected`, or for no reason: the caller looks again.
void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}
void futex_wake_one(std::atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}
static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

// Spins for kSpin, then yields until kYield. True as soon as ready() is; false when it is time to sleep.
template <typename Ready>
bool wait_awake(Ready&& ready) noexcept {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    for (int i = 0; i < kPausesPerClockLook; ++i) {
      if (ready()) return true;
      cpu_relax();
    }
    const auto waited = std::chrono::steady_clock::now() - begin;
    if (waited > kYield) return false;
    if (waited > kSpin) sched_yield();
  }
}

}  // namespace

struct alignas(kCacheLine) TaskPool::Thread {
  std::atomic<std::uint32_t> parked{0};
  Shared* shared = nullptr;
  int number = 0;
  pthread_t handle{};
  RunDelay delay;                        // the thread opens it
  std::atomic<bool> tells_delay{false};  // it has
};

struct TaskPool::Shared {
  // Written by the caller between regions, read under a claim; on one cache line, so that a claim brings the region.
  alignas(kCacheLine) std::atomic<std::uint64_t> work{0};
  Region region;
  alignas(kCacheLine) std::atomic<std::uint32_t> finished{0};
  std::atomic<bool> skipped{false};
  alignas(kCacheLine) std::atomic<bool> busy{false};
  std::vector<Thread> threads;  // number 1…n_threads − 1; only the first n_started have a handle
  int n_started = 0;
  CallerDelay caller_delay;

  explicit Shared(int n_workers) : threads(static_cast<std::size_t>(n_workers)) {}

  // Claims one chunk, or all that are left; returns how many chunks were unclaimed before, 0 if there was none.
  std::uint32_t claim(int number, bool all) noexcept {
    std::uint64_t seen = work.load(std::memory_order_relaxed);
    while (n_unclaimed(seen) > 0 && number < n_active_of(seen)) {
      const std::uint64_t next = all ? seen - n_unclaimed(seen) : seen - 1;
      if (work.compare_exchange_weak(seen, next, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        return n_unclaimed(seen);
      }
    }
    return 0;
  }

  // Runs chunks until none is left and returns how many were claimed; they are not yet reported.
  std::uint32_t take_part(int number) noexcept {
    std::uint32_t left = claim(number, /*all=*/false);
    if (left == 0) return 0;
    const Region mine = region;
    std::uint32_t n_claimed = 0;
    for (; left > 0; left = claim(number, /*all=*/false)) {
      ++n_claimed;
      if (mine.cancel != nullptr && mine.cancel->load(std::memory_order_relaxed)) {
        skipped.store(true, std::memory_order_relaxed);
        return n_claimed + claim(number, /*all=*/true);
      }
      mine.call(mine.context, number, mine.n_chunks - static_cast<int>(left));
    }
    return n_claimed;
  }

  void report(std::uint32_t n_claimed) noexcept {
    const std::uint32_t before = finished.fetch_add(n_claimed, std::memory_order_acq_rel);
    if ((before & kCallerSleeps) != 0) futex_wake_one(finished);
  }

  void wait_for_end(std::uint32_t n_chunks) noexcept {
    const auto count = [this] { return finished.load(std::memory_order_acquire) & ~kCallerSleeps; };
    if (wait_awake([&] { return count() == n_chunks; })) return;
    finished.fetch_or(kCallerSleeps, std::memory_order_acq_rel);
    for (;;) {
      const std::uint32_t seen = finished.load(std::memory_order_acquire);
      if ((seen & ~kCallerSleeps) == n_chunks) return;
      futex_wait(finished, seen);
    }
  }

  void wake(int n_first) noexcept {
    for (int i = 0; i < n_first; ++i) {
      std::atomic<std::uint32_t>& parked = threads[static_cast<std::size_t>(i)].parked;
      if (parked.load(std::memory_order_seq_cst) == 0) continue;
      parked.store(0, std::memory_order_relaxed);
      futex_wake_one(parked);
    }
  }

  // True when there is a chunk for this worker, false when the pool stops.
  bool wait_for_work(Thread& thread) noexcept {
    const auto ready = [&] {
      const std::uint64_t seen = work.load(std::memory_order_seq_cst);
      return (seen & kStop) != 0 || (n_unclaimed(seen) > 0 && thread.number < n_active_of(seen));
    };
    while (!wait_awake(ready)) {
      thread.parked.exchange(1, std::memory_order_seq_cst);
      if (!ready()) futex_wait(thread.parked, 1);
      thread.parked.store(0, std::memory_order_relaxed);
    }
    return (work.load(std::memory_order_relaxed) & kStop) == 0;
  }

  // How long the caller and the first workers have waited for a core.
  void read_waits(std::span<double> waited_s) noexcept {
    waited_s.front() = static_cast<double>(caller_delay.ns()) * 1e-9;
    for (std::size_t i = 1; i < waited_s.size(); ++i) {
      const Thread& thread = threads[i - 1];
      const bool tells = thread.tells_delay.load(std::memory_order_acquire);
      waited_s[i] = tells ? static_cast<double>(thread.delay.ns().value_or(0)) * 1e-9 : 0;
    }
  }

  static void* thread_main(void* argument) noexcept {
    Thread& thread = *static_cast<Thread*>(argument);
    Shared& shared = *thread.shared;
    thread.delay = RunDelay::of_this_thread();
    thread.tells_delay.store(true, std::memory_order_release);
    while (shared.wait_for_work(thread)) {
      // A worker that came too late has nothing to report, and the caller may not be waiting for it.
      if (const std::uint32_t n = shared.take_part(thread.number); n > 0) shared.report(n);
    }
    return nullptr;
  }
};

TaskPool::TaskPool(std::unique_ptr<Shared> shared, int n_threads)
    : shared_(std::move(shared)),
      n_threads_(n_threads),
      company_(n_threads, {&monotonic_seconds, [this](std::span<double> waited_s) { shared_->read_waits(waited_s); }}) {
}

Result<std::unique_ptr<TaskPool>> TaskPool::create(int n_threads) {
  if (n_threads < 1 || n_threads > kMaxThreads) {
    return invalid_argument("threads: expected 1…", kMaxThreads, ", found ", n_threads);
  }
  std::unique_ptr<TaskPool> pool(new TaskPool(std::make_unique<Shared>(n_threads - 1), n_threads));
  TENFOLD_RETURN_IF_ERROR(pool->start_threads());
  return pool;
}

Status TaskPool::start_threads() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  const SignalsBlocked blocked;
  int error = 0;
  int number = 1;
  for (Thread& thread : shared_->threads) {
    thread.shared = shared_.get();
    thread.number = number++;
    error = pthread_create(&thread.handle, &attributes, &Shared::thread_main, &thread);
    if (error != 0) break;
    ++shared_->n_started;
  }
  pthread_attr_destroy(&attributes);
  if (error == 0) return {};
  return resource_exhausted("threads: expected to start ", n_threads_ - 1, ", the system refused after ",
                            shared_->n_started, " (errno ", error, ")");
}

TaskPool::~TaskPool() {
  shared_->work.exchange(kStop, std::memory_order_seq_cst);
  shared_->wake(shared_->n_started);
  for (int i = 0; i < shared_->n_started; ++i) {
    pthread_join(shared_->threads[static_cast<std::size_t>(i)].handle, nullptr);
  }
}

bool TaskPool::run_region(const Region& region, int n_active) noexcept {
  if (region.n_chunks <= 0) return true;
  Shared& s = *shared_;
  if (s.busy.exchange(true, std::memory_order_acquire)) return false;
  bool complete = true;
  n_active = std::min({n_active, n_threads_, region.n_chunks});
  if (n_active <= 1) {
    for (int chunk = 0; chunk < region.n_chunks && complete; ++chunk) {
      complete = region.cancel == nullptr || !region.cancel->load(std::memory_order_relaxed);
      if (complete) region.call(region.context, 0, chunk);
    }
  } else {
    s.region = region;
    s.finished.store(0, std::memory_order_relaxed);
    s.skipped.store(false, std::memory_order_relaxed);
    s.work.exchange(make_work(n_active, region.n_chunks), std::memory_order_seq_cst);
    s.wake(n_active - 1);
    s.report(s.take_part(0));
    s.wait_for_end(static_cast<std::uint32_t>(region.n_chunks));
    complete = !s.skipped.load(std::memory_order_relaxed);
  }
  s.busy.store(false, std::memory_order_release);
  return complete;
}

}  // namespace tenfold
