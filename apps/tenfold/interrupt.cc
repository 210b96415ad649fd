#include "interrupt.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace tenfold::cli {

namespace {

// All that the handler touches: lock-free, hence async-signal-safe.
std::atomic<bool> interrupted{false};
struct sigaction action_before;  // not written while the handler is there
std::atomic<int> wake_fd{-1};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_sigint(int) {
  const int saved_errno = errno;
  if (interrupted.exchange(true)) {
    // The second one: what would have happened without us happens when this returns.
    sigaction(SIGINT, &action_before, nullptr);
    raise(SIGINT);
  }
  const int fd = wake_fd.load();
  if (fd >= 0) (void)!write(fd, "i", 1);
  errno = saved_errno;
}

}  // namespace

Interrupt::Interrupt() {
  interrupted.store(false);
  if (pipe2(pipe_, O_CLOEXEC) != 0) return;  // Ctrl-C then ends the program, as it always did
  wake_fd.store(pipe_[1]);

  // The watcher must not be the thread whose system calls a signal interrupts.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  watcher_ = std::thread([this] { watch(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);

  struct sigaction action = {};
  action.sa_handler = on_sigint;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // without SA_RESTART: a read from the terminal returns
  sigaction(SIGINT, nullptr, &action_before);
  if (action_before.sa_handler != SIG_IGN) sigaction(SIGINT, &action, nullptr);
}

Interrupt::~Interrupt() {
  if (!watcher_.joinable()) return;
  sigaction(SIGINT, &action_before, nullptr);
  wake_fd.store(-1);
  (void)!write(pipe_[1], "q", 1);
  watcher_.join();
  close(pipe_[0]);
  close(pipe_[1]);
}

bool Interrupt::requested() const noexcept { return interrupted.load(); }

const std::atomic<bool>* Interrupt::flag() const noexcept { return &interrupted; }

void Interrupt::on_request(std::function<void()> action) {
  const MutexLock lock(mutex_);
  action_ = std::move(action);
  if (interrupted.load() && action_) std::exchange(action_, nullptr)();
}

void Interrupt::watch() {
  for (char what = 0; what != 'q';) {
    const ssize_t n = read(pipe_[0], &what, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n != 1) return;
    if (what != 'i') continue;
    const MutexLock lock(mutex_);
    if (action_) std::exchange(action_, nullptr)();
  }
}

}  // namespace tenfold::cli
