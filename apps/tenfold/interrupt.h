// Ctrl-C as an event instead of the end of the program.
//
// While an Interrupt lives, the first SIGINT sets a flag and runs a function on a thread of its own (a signal handler
// itself may do next to nothing). A second SIGINT ends the process as if nobody had been listening. A program that was
// started with SIGINT ignored keeps ignoring it. At most one Interrupt lives at a time; it belongs to one thread.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace tenfold::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] bool requested() const noexcept;
  // The same as a flag, for what takes one. It stays true until the next Interrupt is made.
  [[nodiscard]] const std::atomic<bool>* flag() const noexcept;

  // What to do at the first Ctrl-C: called once, on the watching thread, or at once if it has come already. An empty
  // function takes the last one back; when this returns, it is no longer running.
  void on_request(std::function<void()> action);

 private:
  void watch();

  Mutex mutex_;
  std::function<void()> action_ TENFOLD_GUARDED_BY(mutex_);
  std::thread watcher_;
  int pipe_[2] = {-1, -1};
};

}  // namespace tenfold::cli
