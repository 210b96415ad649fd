// Hosts: all hosts of the process, of which one is shared, and what becomes of them in the child of a fork().
//
// The child has no thread but the one that called it. There, nobody waits for a turn or has one but that thread, no
// region runs, and engines that are opened from then on get threads that exist. Thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "base/mutex.h"
#include "engine/host.h"

namespace tenfold {

class Hosts {
 public:
  // Never destroyed: engines may outlive everything else.
  static Hosts& of_process();

  std::shared_ptr<Host> create(const HostOptions& options);
  // Made for whoever asks first, gone with the last who holds it.
  std::shared_ptr<Host> shared();
  // host: one of them.
  void remove(Host& host);

 private:
  Hosts();
  std::shared_ptr<Host> make(const HostOptions& options) TENFOLD_REQUIRES(mutex_);
  // Whoever forks holds all locks meanwhile, so that the child finds nothing half done.
  static void before_fork();
  static void after_fork_in_parent();
  static void after_fork_in_child();

  Mutex mutex_;
  std::vector<Host*> hosts_ TENFOLD_GUARDED_BY(mutex_);
  std::weak_ptr<Host> shared_ TENFOLD_GUARDED_BY(mutex_);
};

}  // namespace tenfold
