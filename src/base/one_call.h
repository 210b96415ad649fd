// OneCall: lets one call in at a time and refuses others, from other threads or from a callback of the first one. For
// objects that strangers use; what only our own code calls has OneCaller (contracts.h).
#pragma once

#include <atomic>

namespace tenfold {

class OneCall {
 public:
  // From here to the end of its scope, if it was let in.
  class [[nodiscard]] Entry {
   public:
    explicit Entry(OneCall& of) noexcept : of_(of), is_in_(!of.at_work_.exchange(true, std::memory_order_acquire)) {}
    ~Entry() {
      if (is_in_) of_.at_work_.store(false, std::memory_order_release);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    [[nodiscard]] bool is_in() const noexcept { return is_in_; }

   private:
    OneCall& of_;
    bool is_in_;
  };

 private:
  std::atomic<bool> at_work_ = false;
};

}  // namespace tenfold
