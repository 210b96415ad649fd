// BatchScheduler: sessions submit steps, the executor runs them in the order they came, one at a time.
//
// A session that generates submits its next step only after the last, so sessions on several threads take turns step by
// step. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>

#include "model/executor.h"

namespace tenfold {

class BatchScheduler {
 public:
  explicit BatchScheduler(std::unique_ptr<Executor> executor) : executor_(std::move(executor)) {}

  // Waits for its turn, at most one step of every other session, then runs the sequence's step; see Executor::run.
  Status run(const BatchSequence& sequence, std::span<float> logits, const std::atomic<bool>& cancel);

  [[nodiscard]] const Executor& executor() const noexcept { return *executor_; }

 private:
  std::unique_ptr<Executor> executor_;
  std::mutex mutex_;
  std::condition_variable turn_changed_;
  std::uint64_t next_ticket_ = 0;
  std::uint64_t now_serving_ = 0;
};

}  // namespace tenfold
