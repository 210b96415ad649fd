// MemoryBudget: what the engines of a host were promised of its memory, so that no byte is promised twice.
//
// Each engine has an account: what it takes from the start, and for each session and call besides. Whatever is added is
// compared with the engine's own limit, and together with all that others were promised with the host's and the
// machine's. Thread-safe: what is looked at and added is one.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "engine/memory_sum.h"

namespace tenfold {

// What an engine takes, in bytes.
struct MemoryNeeds {
  std::uint64_t weights = 0;
  std::uint64_t vocabulary = 0;     // with the headers of the files
  std::uint64_t session_cache = 0;  // keys and values of one session
  std::uint64_t session_lists = 0;  // what else a session holds
  std::uint64_t working = 0;        // intermediate values, and an image of the default size
  int n_ctx = 0;
  int max_sessions = 1;     // at least one
  std::uint64_t limit = 0;  // of this engine; 0: none
};

// The engine of an account. Both are there.
struct MemoryUser {
  // Asked at any moment by any thread as long as the account lives, so it takes no lock.
  std::function<MemoryInUse()> in_use;
  // Gives back to the system what nobody uses of the keys and values of more sessions than that.
  std::function<void(int n_sessions)> keep = [](int) {};
};

class MemoryAccount;

class MemoryBudget {
 public:
  // For all engines together; 0: what the machine has.
  explicit MemoryBudget(std::uint64_t limit_bytes = 0) : limit_bytes_(limit_bytes) {}

  // An account with room for one session. The budget must outlive it. Errors: kResourceExhausted with the sum.
  Result<std::unique_ptr<MemoryAccount>> open(const MemoryNeeds& needs, MemoryUser user);

  // Around fork(): nobody is within the budget meanwhile. In the child, texts and claims are those of the thread that
  // called it: no other is there to give back what its calls have.
  void before_fork() TENFOLD_ACQUIRE(mutex_) { mutex_.lock(); }
  void after_fork_in_parent() TENFOLD_RELEASE(mutex_) { mutex_.unlock(); }
  void after_fork_in_child() TENFOLD_RELEASE(mutex_);

 private:
  friend class MemoryAccount;

  // What is left beyond `sum` for the account's engine.
  Result<std::uint64_t> expect_fits(const MemoryAccount& account, const MemorySum& sum) const TENFOLD_REQUIRES(mutex_);

  const std::uint64_t limit_bytes_;
  mutable Mutex mutex_;
  std::vector<MemoryAccount*> accounts_ TENFOLD_GUARDED_BY(mutex_);
};

// Bytes that one call works in, beside what counts from the start, and the place of a session, or of a text whose
// vector is made: given back when they die, which is before the account and after what they are for. What the engine
// has touched and is promised no longer then goes back to the system. Bytes and texts are given back by the thread that
// took them, a session by any.
struct GiveBackClaim {
  std::uint64_t n_bytes = 0;
  void operator()(MemoryAccount* account) const noexcept;
};
using MemoryClaim = std::unique_ptr<MemoryAccount, GiveBackClaim>;
enum class PlaceOf { kSession, kText };
struct GiveBackPlace {
  PlaceOf of = PlaceOf::kSession;
  void operator()(MemoryAccount* account) const noexcept;
};
using MemoryPlace = std::unique_ptr<MemoryAccount, GiveBackPlace>;

class MemoryAccount {
 public:
  ~MemoryAccount();
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  // For one session more. n_open becomes how many there are then.
  // Errors: kResourceExhausted if max_sessions are open, or with the sum.
  Result<MemoryPlace> take_session_place(int& n_open);
  // For a text beside sessions, of which there may be max_sessions all the same. Errors: kResourceExhausted with the
  // sum.
  Result<MemoryPlace> take_text_place();
  // Less than a megabyte is not worth looking for. Errors: kResourceExhausted with the sum.
  Result<MemoryClaim> claim(std::uint64_t n_bytes, std::string_view advice = kUseSmallerModel);

  // What was left beyond the sum when it was last looked at.
  [[nodiscard]] std::uint64_t spare_bytes() const noexcept { return spare_bytes_.load(std::memory_order_relaxed); }

 private:
  friend class MemoryBudget;
  friend struct GiveBackClaim;
  friend struct GiveBackPlace;
  MemoryAccount(MemoryBudget& budget, const MemoryNeeds& needs, MemoryUser user)
      : budget_(budget), needs_(needs), user_(std::move(user)) {}

  // n_places: of sessions and texts
  [[nodiscard]] MemorySum sum(int n_places, std::uint64_t claimed_bytes) const;
  // With the lock of the budget, which the checker does not know to be that of all its accounts.
  [[nodiscard]] MemorySum promised() const TENFOLD_NO_THREAD_SAFETY_ANALYSIS;
  // An engine always keeps room for one session, or for one text whose vector is made.
  [[nodiscard]] int n_promised() const TENFOLD_REQUIRES(budget_.mutex_) { return std::max(1, n_places()); }
  [[nodiscard]] int n_places() const TENFOLD_REQUIRES(budget_.mutex_) { return n_sessions_ + held_by_all().n_texts; }
  void give_back(std::uint64_t n_bytes) noexcept;
  void give_back_place(PlaceOf of) noexcept;

  // What the calls of a thread have.
  struct Held {
    std::thread::id thread;
    std::uint64_t n_bytes = 0;
    int n_texts = 0;
  };
  [[nodiscard]] Held held_by_all() const TENFOLD_REQUIRES(budget_.mutex_);
  void hold(std::uint64_t n_bytes, int n_texts) TENFOLD_REQUIRES(budget_.mutex_);
  void let_go(std::uint64_t n_bytes, int n_texts) noexcept TENFOLD_REQUIRES(budget_.mutex_);
  // See promised().
  void forget_other_threads() noexcept TENFOLD_NO_THREAD_SAFETY_ANALYSIS;

  MemoryBudget& budget_;
  const MemoryNeeds needs_;
  const MemoryUser user_;
  int n_sessions_ TENFOLD_GUARDED_BY(budget_.mutex_) = 0;
  std::vector<Held> held_ TENFOLD_GUARDED_BY(budget_.mutex_);  // by each thread that has something
  std::atomic<std::uint64_t> spare_bytes_ = 0;
};

}  // namespace tenfold
