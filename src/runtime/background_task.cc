#include "runtime/background_task.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "base/contracts.h"
#include "base/error.h"
#include "base/guard.h"
#include "runtime/signals_blocked.h"

namespace tenfold {

BackgroundTask::~BackgroundTask() {
  ask_to_stop();
  wait();
}

Status BackgroundTask::start(Work work) {
  TENFOLD_DCHECK(!started_ && work_ == nullptr && work != nullptr);
  work_ = std::move(work);
  running_.store(true, std::memory_order_release);
  const SignalsBlocked blocked;
  const int error = pthread_create(&thread_, nullptr, &thread_main, this);
  started_ = error == 0;
  if (started_) return {};
  running_.store(false, std::memory_order_release);
  return resource_exhausted("background thread: the system refused to start one (errno ", error, ")");
}

void* BackgroundTask::thread_main(void* argument) noexcept {
  auto& task = *static_cast<BackgroundTask*>(argument);
  // On Linux the thread's own niceness; if that is refused, it only gives way less.
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 19);
  const Status ignored = guard([&]() -> Status {
    task.work_(task.stop_);
    return {};
  });
  static_cast<void>(ignored);
  task.running_.store(false, std::memory_order_release);
  return nullptr;
}

void BackgroundTask::wait() noexcept {
  if (!started_) return;
  pthread_join(thread_, nullptr);
  started_ = false;
}

}  // namespace tenfold
