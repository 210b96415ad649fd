#include "engine/hosts.h"

#include <pthread.h>

#include <algorithm>

#include "base/contracts.h"
#include "engine/cancelled_run.h"

namespace tenfold {

Hosts& Hosts::of_process() {
  static Hosts* const hosts = new Hosts;
  return *hosts;
}

Hosts::Hosts() { pthread_atfork(&before_fork, &after_fork_in_parent, &after_fork_in_child); }

std::shared_ptr<Host> Hosts::make(const HostOptions& options) {
  hosts_.reserve(hosts_.size() + 1);  // a host that cannot be listed would lock this again as it dies
  auto host = std::make_shared<Host>(options);
  hosts_.push_back(host.get());
  return host;
}

std::shared_ptr<Host> Hosts::create(const HostOptions& options) {
  const MutexLock lock(mutex_);
  return make(options);
}

std::shared_ptr<Host> Hosts::shared() {
  const MutexLock lock(mutex_);
  std::shared_ptr<Host> host = shared_.lock();
  if (host == nullptr) {
    host = make({});
    shared_ = host;
  }
  return host;
}

void Hosts::remove(Host& host) {
  const MutexLock lock(mutex_);
  [[maybe_unused]] const std::size_t n_removed = std::erase(hosts_, &host);
  TENFOLD_DCHECK(n_removed == 1);
}

// Locks of any number of hosts are more than the checker can follow.
void Hosts::before_fork() TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
  Hosts& all = of_process();
  all.mutex_.lock();
  for (Host* const host : all.hosts_) host->before_fork();
}

void Hosts::after_fork_in_parent() TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
  Hosts& all = of_process();
  for (Host* const host : all.hosts_) host->after_fork_in_parent();
  all.mutex_.unlock();
}

void Hosts::after_fork_in_child() TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
  Hosts& all = of_process();
  for (Host* const host : all.hosts_) host->after_fork_in_child();
  CancelledRun::after_fork_in_child();
  all.mutex_.unlock();
}

}  // namespace tenfold
