#include "engine/weight_store.h"

#include <atomic>

#include "base/contracts.h"
#include "base/error.h"
#include "base/guard.h"
#include "base/mutex.h"
#include "runtime/background_task.h"

namespace tenfold {

struct WeightStore::Work {
  Mutex mutex;
  std::vector<std::unique_ptr<PackedWriter>> writers TENFOLD_GUARDED_BY(mutex);  // the first is at work
  std::atomic<bool> is_done = false;  // no writer is left; for who cannot have the lock
  std::atomic<int> n_waiting = 0;
  CondVar nobody_waits;
  BackgroundTask task;  // dies first

  void run(const std::atomic<bool>& stop);
  void step() TENFOLD_REQUIRES(mutex);
};

WeightStore::WeightStore() = default;
WeightStore::~WeightStore() = default;

void WeightStore::start(std::vector<std::unique_ptr<PackedWriter>> writers) {
  TENFOLD_DCHECK(work_ == nullptr && !is_left_to_parent_);
  if (writers.empty()) return;
  auto work = std::make_unique<Work>();
  {
    const MutexLock lock(work->mutex);
    work->writers = std::move(writers);
  }
  const Status started = work->task.start([its = work.get()](const std::atomic<bool>& stop) { its->run(stop); });
  if (started.ok()) work_ = std::move(work);
}

void WeightStore::Work::run(const std::atomic<bool>& stop) {
  while (!is_done && !stop) {
    const MutexLock lock(mutex);
    while (n_waiting > 0) nobody_waits.wait(mutex);
    step();
  }
}

Status WeightStore::finish(const std::function<bool(double)>& on_wait) {
  if (work_ == nullptr) return without_work();
  Work& work = *work_;
  ++work.n_waiting;
  const auto leave = [this](Work* left) {
    if (work_ == nullptr) return;  // on_wait has forked, and this is the child
    const MutexLock lock(left->mutex);
    if (--left->n_waiting == 0) left->nobody_waits.notify_one();
  };
  const std::unique_ptr<Work, decltype(leave)> until_the_end(&work, leave);
  while (true) {
    double fraction = 0;
    {
      const MutexLock lock(work.mutex);
      if (work.is_done) return {};
      fraction = work.writers.front()->fraction();
    }
    if (on_wait && !on_wait(fraction)) return cancelled("stopped waiting before the packed weights were stored");
    if (work_ == nullptr) return without_work();
    const MutexLock lock(work.mutex);
    work.step();
  }
}

Status WeightStore::without_work() const {
  if (!is_left_to_parent_) return {};
  return failed_precondition("packed weights: expected to be waited for in the process that opened the model, found a ",
                             "child of it; threads do not survive a fork");
}

void WeightStore::Work::step() {
  if (writers.empty()) return;
  PackedWriter& first = *writers.front();
  const Result<bool> stored = guard([&] { return first.step(); });
  if (!stored.ok() || *stored) writers.erase(writers.begin());
  is_done = writers.empty();
}

// To end it would wait for a thread that is not there, and remove the parent's file aside: its memory is given up.
void WeightStore::after_fork_in_child() {
  if (work_ != nullptr) is_left_to_parent_ = !work_->is_done;
  static_cast<void>(work_.release());
}

}  // namespace tenfold
