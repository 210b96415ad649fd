// WeightStore: brings packed weights to the disk for the next start, while the engine answers.
//
// By a thread that gives way to all others, until somebody waits for it. He then does the rest himself: without
// privileges a thread's niceness cannot be taken back, and beside busy processes one that gives way to everybody takes
// minutes for what is done in seconds. Between two steps of a megabyte either may go on where the other has stopped.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "model_file/packed_writer.h"
#include "runtime/background_task.h"

namespace tenfold {

class WeightStore {
 public:
  // Once. What the writers write from must outlive this. What cannot be stored is packed again next time; that is no
  // reason to trouble anybody.
  void start(std::vector<std::unique_ptr<PackedWriter>> writers);
  // Returns when nothing is left to store, or when on_wait, which gets 0…1 many times a second and may be null, says
  // false: the thread in the background then goes on. Thread-safe. True if nothing is left.
  bool finish(const std::function<bool(double)>& on_wait);

 private:
  void store_in_background(const std::atomic<bool>& stop);
  void step() TENFOLD_REQUIRES(mutex_);

  Mutex mutex_;
  std::vector<std::unique_ptr<PackedWriter>> writers_ TENFOLD_GUARDED_BY(mutex_);  // the first is at work
  std::atomic<int> n_waiting_ = 0;
  CondVar nobody_waits_;
  BackgroundTask task_;  // dies first
};

}  // namespace tenfold
