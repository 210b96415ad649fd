#include "engine/weight_store.h"

#include "base/guard.h"

namespace tenfold {

void WeightStore::start(std::vector<std::unique_ptr<PackedWriter>> writers) {
  if (writers.empty()) return;
  {
    const MutexLock lock(mutex_);
    writers_ = std::move(writers);
  }
  const Status started = task_.start([this](const std::atomic<bool>& stop) { store_in_background(stop); });
  if (started.ok()) return;
  const MutexLock lock(mutex_);
  writers_.clear();
}

void WeightStore::store_in_background(const std::atomic<bool>& stop) {
  for (bool done = false; !done && !stop;) {
    const MutexLock lock(mutex_);
    while (n_waiting_ > 0) nobody_waits_.wait(mutex_);
    step();
    done = writers_.empty();
  }
}

bool WeightStore::finish(const std::function<bool(double)>& on_wait) {
  ++n_waiting_;
  const auto leave = [](WeightStore* store) {
    const MutexLock lock(store->mutex_);
    if (--store->n_waiting_ == 0) store->nobody_waits_.notify_one();
  };
  const std::unique_ptr<WeightStore, decltype(leave)> until_the_end(this, leave);
  while (true) {
    double fraction = 0;
    {
      const MutexLock lock(mutex_);
      if (writers_.empty()) return true;
      fraction = writers_.front()->fraction();
    }
    if (on_wait && !on_wait(fraction)) return false;
    const MutexLock lock(mutex_);
    step();
  }
}

void WeightStore::step() {
  if (writers_.empty()) return;
  PackedWriter& first = *writers_.front();
  const Result<bool> done = guard([&] { return first.step(); });
  if (!done.ok() || *done) writers_.erase(writers_.begin());
}

}  // namespace tenfold
