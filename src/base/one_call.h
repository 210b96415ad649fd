// OneCall: lets one call in at a time and refuses others, from other threads or from a callback of the first one. For
// objects that strangers use; what only our own code calls has OneCaller (contracts.h).
#pragma once

#include <unistd.h>

#include <atomic>
#include <string_view>

#include "base/error.h"

namespace tenfold {

class OneCall {
 public:
  // From here to the end of its scope, if it was let in.
  class [[nodiscard]] Entry {
   public:
    explicit Entry(OneCall& of) noexcept : of_(of) {
      of_.process_.compare_exchange_strong(found_, ::getpid(), std::memory_order_acquire, std::memory_order_relaxed);
    }
    ~Entry() {
      if (found_ == kNobody) of_.process_.store(kNobody, std::memory_order_release);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    // Errors: kFailedPrecondition if it was not let in.
    //   name: of the object, for the message
    [[nodiscard]] Status expect_in(std::string_view name) const {
      if (found_ == kNobody) return {};
      const bool is_of_parent = found_ != ::getpid();
      return failed_precondition(
          name, ": expected one call at a time, found another at work",
          is_of_parent ? " since before a fork; unless it is this thread's own, it never ends: open another" : "");
    }

   private:
    OneCall& of_;
    pid_t found_ = kNobody;
  };

 private:
  static constexpr pid_t kNobody = 0;

  std::atomic<pid_t> process_ = kNobody;  // of the call that is in
};

}  // namespace tenfold
