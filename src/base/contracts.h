// TENFOLD_DCHECK(condition): what a header promises for its caller ("only when", "one caller", "n ≤ …"), checked in the
// builds that look for our own mistakes (TENFOLD_DCHECKS: the presets dev, tsan and fuzz) and free in all others, where
// the condition is compiled but never evaluated.
//
// It is no way to report an error: what comes from outside is checked by code that returns a Status. A contract that is
// broken ends the process with one line, so that a test or a fuzzer sees it where it happens. This is the one exception
// to the rule that nothing here prints or aborts, and no user ever runs it.
#pragma once

#include <atomic>

namespace tenfold {

[[noreturn]] void contract_broken(const char* condition, const char* file, int line) noexcept;

}  // namespace tenfold

#ifdef TENFOLD_DCHECKS
#define TENFOLD_DCHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::tenfold::contract_broken(#condition, __FILE__, __LINE__))
#else
#define TENFOLD_DCHECK(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#endif

namespace tenfold {

// A member of what one caller at a time may use. Each call of such a function is a Call, which finds another at work.
class OneCaller {
 public:
  class [[nodiscard]] Call {
   public:
#ifdef TENFOLD_DCHECKS
    explicit Call(OneCaller& callers) noexcept : callers_(callers) {
      const bool alone = !callers_.at_work_.exchange(true, std::memory_order_acquire);
      TENFOLD_DCHECK(alone);
    }
    ~Call() { callers_.at_work_.store(false, std::memory_order_release); }
#else
    explicit Call(OneCaller&) noexcept {}
    ~Call() {}
#endif
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

#ifdef TENFOLD_DCHECKS
   private:
    OneCaller& callers_;
#endif
  };

#ifdef TENFOLD_DCHECKS
  // In the child of a fork(): the thread that was at work is not there.
  void forget() noexcept { at_work_ = false; }

 private:
  std::atomic<bool> at_work_ = false;
#else
  void forget() noexcept {}
#endif
};

}  // namespace tenfold
