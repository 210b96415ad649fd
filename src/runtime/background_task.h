// BackgroundTask: one piece of work on a thread of its own that gives way to everything else on the machine.
//
// One owner; running() may be asked from any thread.
#pragma once

#include <pthread.h>

#include <atomic>
#include <functional>

#include "tenfold/status.h"

namespace tenfold {

class BackgroundTask {
 public:
  // Gets a flag that becomes true when it is to stop. Whatever it throws ends it quietly.
  using Work = std::function<void(const std::atomic<bool>& stop)>;

  BackgroundTask() = default;
  ~BackgroundTask();  // asks it to stop and waits
  BackgroundTask(const BackgroundTask&) = delete;
  BackgroundTask& operator=(const BackgroundTask&) = delete;

  // Once, with some work. Errors: kResourceExhausted if the system gives no thread; the work is then not done.
  Status start(Work work);
  [[nodiscard]] bool running() const noexcept { return running_.load(std::memory_order_acquire); }
  void ask_to_stop() noexcept { stop_.store(true, std::memory_order_relaxed); }
  // Returns when the work is done, at once if it was never started.
  void wait() noexcept;

 private:
  static void* thread_main(void* task) noexcept;

  Work work_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> running_{false};
  bool started_ = false;
  pthread_t thread_{};
};

}  // namespace tenfold
