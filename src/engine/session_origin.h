// SessionOrigin: names all that the keys, values and images of a saved session depend on, so that they are never
// taken for those of another model or of other arithmetic.
//
// Of one engine, whose parts must outlive it. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/around_fork.h"
#include "base/mutex.h"
#include "engine/served_model.h"
#include "engine/served_tower.h"

namespace tenfold {

class SessionOrigin final : public AroundFork {
 public:
  //   tower: may be null
  SessionOrigin(const ServedModel& model, const ServedTower* tower, const ModelInfo& info)
      : model_(model), tower_(tower), info_(info) {}

  // Lines "what: value", of the tower only for a text with images. The first call reads all weights.
  // Errors: kCancelled.
  Result<std::string> lines(int n_images, const std::atomic<bool>& cancel);

  void before_fork() override TENFOLD_ACQUIRE(mutex_) { mutex_.lock(); }
  void after_fork_in_parent() override TENFOLD_RELEASE(mutex_) { mutex_.unlock(); }
  void after_fork_in_child() override TENFOLD_RELEASE(mutex_) { mutex_.unlock(); }

 private:
  Result<std::uint64_t> weights_sum(const std::atomic<bool>& cancel);

  const ServedModel& model_;
  const ServedTower* tower_;
  const ModelInfo& info_;
  Mutex mutex_;
  std::optional<std::uint64_t> weights_sum_ TENFOLD_GUARDED_BY(mutex_);
};

// Errors: kFailedPrecondition with the first line of `found`, which a file says, that is not as expected.
Status expect_same_origin(std::string_view expected, std::string_view found);

}  // namespace tenfold
