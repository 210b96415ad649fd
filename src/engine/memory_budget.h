// MemoryBudget: what the engines of a host were promised of its memory, so that no byte is promised twice.
//
// Each engine has an account: what it takes from the start, and for each session and call besides. Whatever is added is
// compared with the engine's own limit, and together with all that others were promised with the host's and the
// machine's. Thread-safe: what is looked at and added is one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
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
  std::uint64_t working = 0;        // intermediate values, and a picture of the default size
  int n_ctx = 0;
  int max_sessions = 1;
  std::uint64_t limit = 0;  // of this engine; 0: none
};

class MemoryAccount;

class MemoryBudget {
 public:
  // For all engines together; 0: what the machine has.
  explicit MemoryBudget(std::uint64_t limit_bytes = 0) : limit_bytes_(limit_bytes) {}

  // An account with room for one session. The budget must outlive it.
  //   in_use:  of the engine now; asked at any moment by any thread as long as the account lives, so it takes no lock
  // Errors: kResourceExhausted with the sum.
  Result<std::unique_ptr<MemoryAccount>> open(const MemoryNeeds& needs, std::function<MemoryInUse()> in_use);

  // Around fork(): nobody is within the budget meanwhile.
  void before_fork() TENFOLD_ACQUIRE(mutex_) { mutex_.lock(); }
  void after_fork() TENFOLD_RELEASE(mutex_) { mutex_.unlock(); }

 private:
  friend class MemoryAccount;

  // What is left beyond `sum` for the account's engine.
  Result<std::uint64_t> expect_fits(const MemoryAccount& account, const MemorySum& sum) const TENFOLD_REQUIRES(mutex_);

  const std::uint64_t limit_bytes_;
  mutable Mutex mutex_;
  std::vector<const MemoryAccount*> accounts_ TENFOLD_GUARDED_BY(mutex_);
};

// Bytes that one call works in, beside what counts from the start, and a session's place: given back when they die,
// which is before the account.
struct GiveBackClaim {
  std::uint64_t n_bytes = 0;
  void operator()(MemoryAccount* account) const noexcept;
};
using MemoryClaim = std::unique_ptr<MemoryAccount, GiveBackClaim>;
struct GiveBackPlace {
  void operator()(MemoryAccount* account) const noexcept;
};
using SessionPlace = std::unique_ptr<MemoryAccount, GiveBackPlace>;

class MemoryAccount {
 public:
  ~MemoryAccount();
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  // For one session more. n_open becomes how many there are then.
  // Errors: kResourceExhausted if max_sessions are open, or with the sum.
  Result<SessionPlace> take_place(int& n_open);
  // For a text whose vector is made beside sessions; it takes no place. Errors: likewise.
  [[nodiscard]] Status expect_room_for_text();
  // Less than a megabyte is not worth looking for. Errors: kResourceExhausted with the sum.
  Result<MemoryClaim> claim(std::uint64_t n_bytes, std::string_view advice = kUseSmallerModel);

  // What was left beyond the sum when it was last looked at.
  [[nodiscard]] std::uint64_t spare_bytes() const noexcept { return spare_bytes_.load(std::memory_order_relaxed); }

 private:
  friend class MemoryBudget;
  friend struct GiveBackClaim;
  friend struct GiveBackPlace;
  MemoryAccount(MemoryBudget& budget, const MemoryNeeds& needs, std::function<MemoryInUse()> in_use)
      : budget_(budget), needs_(needs), in_use_(std::move(in_use)) {}

  [[nodiscard]] MemorySum sum(int n_sessions, std::uint64_t claimed_bytes) const;
  // With the lock of the budget, which the checker does not know to be that of all its accounts.
  [[nodiscard]] MemorySum promised() const TENFOLD_NO_THREAD_SAFETY_ANALYSIS;
  void give_back(std::uint64_t n_bytes) noexcept;
  void give_back_place() noexcept;

  MemoryBudget& budget_;
  const MemoryNeeds needs_;
  const std::function<MemoryInUse()> in_use_;
  int n_sessions_ TENFOLD_GUARDED_BY(budget_.mutex_) = 0;
  std::uint64_t claimed_bytes_ TENFOLD_GUARDED_BY(budget_.mutex_) = 0;
  std::atomic<std::uint64_t> spare_bytes_ = 0;
};

}  // namespace tenfold
