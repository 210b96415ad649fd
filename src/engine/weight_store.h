// WeightStore: brings packed weights to the disk for the next start, while the engine answers.
//
// By a thread that gives way to all others, until somebody waits for it. He then does the rest himself: without
// privileges a thread's niceness cannot be taken back, and beside busy processes one that gives way to everybody takes
// minutes for what is done in seconds. Between two pieces of a megabyte either may go on where the other has stopped.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/around_fork.h"
#include "model_file/packed_writer.h"
#include "tenfold/status.h"

namespace tenfold {

class WeightStore final : public AroundFork {
 public:
  WeightStore();
  ~WeightStore();  // what is not stored by then is not there
  WeightStore(const WeightStore&) = delete;
  WeightStore& operator=(const WeightStore&) = delete;

  // Once. What the writers write from must outlive this. What cannot be stored is packed again next time; that is no
  // reason to trouble anybody.
  void start(std::vector<std::unique_ptr<PackedWriter>> writers);
  // Returns when nothing is left to store. on_wait gets 0…1 many times a second and may be null. Thread-safe.
  // Errors: kCancelled if on_wait says false, and the thread in the background then goes on; kFailedPrecondition in the
  // child of a fork() that left something to store to its parent.
  Status finish(const std::function<bool(double)>& on_wait);

  // The thread in the background is the parent's, and so is the file that it writes: its lock, which is nearly always
  // taken, cannot be waited for, and in the child nothing of it is touched any more.
  void before_fork() override {}
  void after_fork_in_parent() override {}
  void after_fork_in_child() override;

 private:
  struct Work;  // what is shared with the thread in the background

  // Errors: kFailedPrecondition if there is some, of the parent's.
  [[nodiscard]] Status without_work() const;

  std::unique_ptr<Work> work_;  // null if there was never any, or it is the parent's
  bool is_left_to_parent_ = false;
};

}  // namespace tenfold
