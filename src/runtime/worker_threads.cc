// The protocol.
//
// Each thread, the caller too, has one 64-bit word, `share`: the chunks of a region that are its own and not yet
// claimed.
//
//   bit 63: stop | bits 32…62: end | bits 0…31: begin
//
// Start.  The caller writes each active thread's copy of the region and `finished = 0` (plain stores), then the shares:
//         equal runs of neighbouring chunks, so that each thread reads memory in one ascending stream.
// Claim.  A thread takes the first chunk of its own share with a compare-exchange, begin → +1. Only after that may it
//         read its region. When its own share is empty it steals the last chunk of another's, end → −1: but only while
//         it holds claims not yet reported, or is the caller.
// Report. When it finds nothing more to claim, a thread adds its number of chunks to `finished` (release) and does not
//         look at the region again.
// End.    The caller, having found nothing more to claim, reports its own chunks and waits for finished == n_chunks
//         (acquire).
//
// Late threads. A region cannot end before each of its claimed chunks has been reported: as long as a claim is not, the
// region is the one that the chunk belongs to, nobody writes to it, and what other shares hold are chunks of the same
// region. A claim acquires from the caller's store of that share (every change in between is a read-modify-write, which
// keeps the release sequence whole). A thread that saw its share in region g, fell asleep and comes back in region g +
// 1 either fails the compare-exchange, or succeeds because the word happens to be the same; then it holds a valid claim
// on region g + 1, which it reads only now. One that comes back between regions, or after others took all that was its
// own, finds nothing. Hence there is no generation counter, and a caller never waits for a thread that holds no claim.
//
// Sleep. A worker says `parked = 1`, looks at its share once more, and sleeps on `parked`. The caller stores the share,
// then looks at `parked` and wakes. All four are sequentially consistent, so one of the two sees the other. The two
// writes are exchanges, though stores would do by the language: qemu-user (7.2) lets an arm64 store pass the load after
// it, and both then slept for ever. At the end of a region it is one word: the caller sets bit 31 of `finished` and
// sleeps on that; whoever adds to `finished` and sees the bit wakes it.
#include "runtime/worker_threads.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/contracts.h"
#include "base/error.h"
#include "runtime/futex.h"
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

constexpr std::uint64_t make_share(std::int64_t begin, std::int64_t end) noexcept {
  return static_cast<std::uint64_t>(end) << 32 | static_cast<std::uint64_t>(begin);
}
constexpr std::uint32_t begin_of(std::uint64_t share) noexcept { return static_cast<std::uint32_t>(share); }
constexpr std::uint32_t end_of(std::uint64_t share) noexcept {
  return static_cast<std::uint32_t>((share & ~kStop) >> 32);
}
constexpr bool is_empty(std::uint64_t share) noexcept { return begin_of(share) >= end_of(share); }

void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

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

struct alignas(kCacheLine) WorkerThreads::Thread {
  // On one cache line, so that a claim brings the region.
  std::atomic<std::uint64_t> share{0};
  std::atomic<std::uint32_t> parked{0};
  int number = 0;
  Region region;        // written by the caller between regions, read under a claim
  double worked_s = 0;  // in timed regions; written under a claim, read by the caller between regions
  Shared* shared = nullptr;

  pthread_t handle{};                    // but for the caller's
  RunDelay delay;                        // the thread opens it
  std::atomic<bool> tells_delay{false};  // it has
};

struct WorkerThreads::Shared {
  alignas(kCacheLine) std::atomic<std::uint32_t> finished{0};
  std::atomic<bool> skipped{false};
  alignas(kCacheLine) std::atomic<bool> busy{false};
  // 0 is whoever calls. Room for all that there may be: those that run look at each other while more are started.
  std::vector<std::unique_ptr<Thread>> threads;
  CallerDelay caller_delay;

  Shared() {
    threads.reserve(kMaxThreads);
    threads.push_back(std::make_unique<Thread>());
  }

  [[nodiscard]] Thread& thread(int number) noexcept { return *threads[static_cast<std::size_t>(number)]; }

  enum class End { kFirst, kLast };

  // Claims a chunk at one end of a share, −1 if it is empty.
  static int claim(std::atomic<std::uint64_t>& share, End end) noexcept {
    std::uint64_t seen = share.load(std::memory_order_relaxed);
    while (!is_empty(seen)) {
      const std::uint32_t begin = begin_of(seen), last = end_of(seen) - 1;
      const std::uint64_t next = end == End::kFirst ? make_share(begin + 1, last + 1) : make_share(begin, last);
      if (share.compare_exchange_weak(seen, next, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        return static_cast<int>(end == End::kFirst ? begin : last);
      }
    }
    return -1;
  }

  // The next chunk for a thread that takes part: of its own, else of another's.
  int claim_next(int number, int n_active) noexcept {
    int chunk = claim(thread(number).share, End::kFirst);
    for (int i = 1; chunk < 0 && i < n_active; ++i) chunk = claim(thread((number + i) % n_active).share, End::kLast);
    return chunk;
  }

  std::uint32_t claim_rest(int n_active) noexcept {
    std::uint32_t n = 0;
    for (int i = 0; i < n_active; ++i) {
      const std::uint64_t share = thread(i).share.exchange(0, std::memory_order_acq_rel);
      if (!is_empty(share)) n += end_of(share) - begin_of(share);
    }
    return n;
  }

  // Runs chunks until none is left and returns how many were claimed; they are not yet reported. A worker takes part if
  // it can still claim a chunk of its own.
  std::uint32_t take_part(int number, int first_chunk) noexcept {
    Thread& self = thread(number);
    const Region mine = self.region;
    if (!mine.timed) return run_chunks(number, first_chunk, mine);
    const double begin = monotonic_seconds();
    const std::uint32_t n_claimed = run_chunks(number, first_chunk, mine);
    self.worked_s += monotonic_seconds() - begin;
    return n_claimed;
  }

  std::uint32_t run_chunks(int number, int first_chunk, const Region& mine) noexcept {
    std::uint32_t n_claimed = 0;
    for (int chunk = first_chunk; chunk >= 0; chunk = claim_next(number, mine.n_active)) {
      ++n_claimed;
      if (mine.cancel != nullptr && mine.cancel->load(std::memory_order_relaxed)) {
        skipped.store(true, std::memory_order_relaxed);
        return n_claimed + claim_rest(mine.n_active);
      }
      mine.call(mine.context, number, chunk);
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

  // All copies of the region come before the first share: who has one chunk may take others' too.
  void hand_out(const Region& region) noexcept {
    const int n_active = region.n_active;
    for (int i = 0; i < n_active; ++i) thread(i).region = region;
    const std::int64_t n_chunks = region.n_chunks;
    for (int i = 0; i < n_active; ++i) {
      thread(i).share.exchange(make_share(n_chunks * i / n_active, n_chunks * (i + 1) / n_active),
                               std::memory_order_seq_cst);
    }
  }

  // Of the first n threads those that sleep; the caller does not.
  void wake(int n) noexcept {
    for (int i = 1; i < n; ++i) {
      std::atomic<std::uint32_t>& parked = thread(i).parked;
      if (parked.load(std::memory_order_seq_cst) == 0) continue;
      parked.store(0, std::memory_order_relaxed);
      futex_wake_one(parked);
    }
  }

  // True when there is a chunk for this worker, false when the pool stops.
  static bool wait_for_work(Thread& thread) noexcept {
    const auto ready = [&] {
      const std::uint64_t seen = thread.share.load(std::memory_order_seq_cst);
      return (seen & kStop) != 0 || !is_empty(seen);
    };
    while (!wait_awake(ready)) {
      thread.parked.exchange(1, std::memory_order_seq_cst);
      if (!ready()) futex_wait(thread.parked, 1);
      thread.parked.store(0, std::memory_order_relaxed);
    }
    return (thread.share.load(std::memory_order_relaxed) & kStop) == 0;
  }

  // How long the caller and the first workers have waited for a core.
  void read_waits(std::span<double> waited_s) noexcept {
    waited_s.front() = static_cast<double>(caller_delay.ns()) * 1e-9;
    for (std::size_t i = 1; i < waited_s.size(); ++i) {
      const Thread& worker = *threads[i];
      const bool tells = worker.tells_delay.load(std::memory_order_acquire);
      waited_s[i] = tells ? static_cast<double>(worker.delay.ns().value_or(0)) * 1e-9 : 0;
    }
  }

  static void* thread_main(void* argument) noexcept {
    Thread& thread = *static_cast<Thread*>(argument);
    Shared& shared = *thread.shared;
    thread.delay = RunDelay::of_this_thread();
    thread.tells_delay.store(true, std::memory_order_release);
    while (wait_for_work(thread)) {
      // A worker that came too late has nothing to report, and the caller may not be waiting for it.
      if (const int chunk = claim(thread.share, End::kFirst); chunk >= 0) {
        shared.report(shared.take_part(thread.number, chunk));
      }
    }
    return nullptr;
  }
};

WorkerThreads::WorkerThreads()
    : shared_(std::make_unique<Shared>()),
      company_(1, {&monotonic_seconds, [this](std::span<double> waited_s) { shared_->read_waits(waited_s); }}) {}

Result<std::unique_ptr<WorkerThreads>> WorkerThreads::create(int n_threads) {
  std::unique_ptr<WorkerThreads> threads(new WorkerThreads);
  TENFOLD_RETURN_IF_ERROR(threads->grow(n_threads));
  return threads;
}

Status WorkerThreads::grow(int n_threads) {
  if (n_threads < 1 || n_threads > kMaxThreads) {
    return invalid_argument("threads: expected 1…", kMaxThreads, ", found ", n_threads);
  }
  TENFOLD_DCHECK(!shared_->busy && !are_gone_);
  const int n_wanted = n_threads - n_threads_;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  const SignalsBlocked blocked;
  int error = 0;
  while (n_threads_ < n_threads && error == 0) error = start_thread(attributes);
  pthread_attr_destroy(&attributes);
  company_.grow(n_threads_);
  if (error == 0) return {};
  return resource_exhausted("threads: expected to start ", n_wanted, ", the system refused after ",
                            n_wanted - (n_threads - n_threads_), " (errno ", error, ")");
}

int WorkerThreads::start_thread(const pthread_attr_t& attributes) {
  Shared& s = *shared_;
  Thread& thread = *s.threads.emplace_back(std::make_unique<Thread>());
  thread.shared = &s;
  thread.number = n_threads_;
  const int error = pthread_create(&thread.handle, &attributes, &Shared::thread_main, &thread);
  if (error == 0) {
    ++n_threads_;
  } else {
    s.threads.pop_back();
  }
  return error;
}

WorkerThreads::~WorkerThreads() {
  TENFOLD_DCHECK(!shared_->busy);
  if (are_gone_) return;
  Shared& s = *shared_;
  for (int i = 1; i < n_threads_; ++i) s.thread(i).share.exchange(kStop, std::memory_order_seq_cst);
  s.wake(n_threads_);
  for (int i = 1; i < n_threads_; ++i) pthread_join(s.thread(i).handle, nullptr);
}

CompanyWatch& WorkerThreads::company() noexcept {
  TENFOLD_DCHECK(!shared_->busy);
  return company_;
}

double WorkerThreads::worked_s() const noexcept {
  TENFOLD_DCHECK(!shared_->busy);
  double sum = 0;
  for (const auto& thread : shared_->threads) sum += thread->worked_s;
  return sum;
}

void WorkerThreads::forget_threads() noexcept {
  are_gone_ = true;
  shared_->busy.store(false, std::memory_order_relaxed);
}

bool WorkerThreads::run(Region region) noexcept {
  TENFOLD_DCHECK(region.call != nullptr);
  if (region.n_chunks <= 0) return true;
  Shared& s = *shared_;
  if (s.busy.exchange(true, std::memory_order_acquire)) return false;
  TENFOLD_DCHECK(region.n_active <= n_threads_);
  bool complete = true;
  const int n_active = region.n_active = std::min(region.n_active, region.n_chunks);
  if (n_active <= 1) {
    const double begin = region.timed ? monotonic_seconds() : 0;
    for (int chunk = 0; chunk < region.n_chunks && complete; ++chunk) {
      complete = region.cancel == nullptr || !region.cancel->load(std::memory_order_relaxed);
      if (complete) region.call(region.context, 0, chunk);
    }
    if (region.timed) s.thread(0).worked_s += monotonic_seconds() - begin;
  } else {
    s.finished.store(0, std::memory_order_relaxed);
    s.skipped.store(false, std::memory_order_relaxed);
    s.hand_out(region);
    s.wake(n_active);
    s.report(s.take_part(0, s.claim_next(0, n_active)));
    s.wait_for_end(static_cast<std::uint32_t>(region.n_chunks));
    complete = !s.skipped.load(std::memory_order_relaxed);
  }
  s.busy.store(false, std::memory_order_release);
  return complete;
}

}  // namespace tenfold
