#include "terminal_modes.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

namespace tenfold::cli {

namespace {

constexpr std::string_view kPastesInBrackets = "\x1b[?2004h";
constexpr std::string_view kPastesAsTyped = "\x1b[?2004l";
constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

// Written before the handler is there, and after it has gone.
termios modes_before;
termios modes_now;
std::array<struct sigaction, kSignals.size()> actions_before;
std::atomic<bool> has_come_back{false};
std::atomic<bool> has_resized{false};
struct sigaction continue_before;
struct sigaction resize_before;

// Async-signal-safe.
void set_modes(const termios& modes, std::string_view announcement) {
  tcsetattr(STDIN_FILENO, TCSANOW, &modes);
  (void)!write(STDERR_FILENO, announcement.data(), announcement.size());
}

void on_signal(int number);

void listen_to(int number, struct sigaction* before) {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESETHAND;
  sigaction(number, &action, before);
  if (before->sa_handler == SIG_IGN) sigaction(number, before, nullptr);  // nohup
}

// Puts the terminal back and lets the signal do what it does by default. A stopped process goes on here.
void on_signal(int number) {
  const int saved_errno = errno;
  set_modes(modes_before, kPastesAsTyped);
  sigset_t only;
  sigset_t blocked;
  sigemptyset(&only);
  sigaddset(&only, number);
  raise(number);
  pthread_sigmask(SIG_UNBLOCK, &only, &blocked);  // now it comes
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
  struct sigaction ignored;
  listen_to(number, &ignored);
  set_modes(modes_now, kPastesInBrackets);
  has_come_back.store(true);
  errno = saved_errno;
}

// After SIGTSTP, whose handler goes on as well, and after SIGSTOP, of which nobody is told.
void on_continue(int) {
  const int saved_errno = errno;
  set_modes(modes_now, kPastesInBrackets);
  has_come_back.store(true);
  errno = saved_errno;
}

void on_resize(int) { has_resized.store(true); }

void call_at(int number, void (*handler)(int), struct sigaction* before) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;  // who waits for keys is woken all the same
  sigaction(number, &action, before);
}

}  // namespace

TerminalModes::TerminalModes() {
  tcgetattr(STDIN_FILENO, &modes_before);
  modes_now = modes_before;
  modes_now.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | IEXTEN);
  modes_now.c_lflag |= ISIG;
  modes_now.c_iflag &= ~static_cast<tcflag_t>(IXON | INLCR | ICRNL);
  modes_now.c_oflag |= OPOST | ONLCR;
  modes_now.c_cc[VMIN] = 1;
  modes_now.c_cc[VTIME] = 0;
  for (std::size_t i = 0; i < kSignals.size(); ++i) listen_to(kSignals[i], &actions_before[i]);
  call_at(SIGCONT, on_continue, &continue_before);
  call_at(SIGWINCH, on_resize, &resize_before);
  set_modes(modes_now, kPastesInBrackets);
}

TerminalModes::~TerminalModes() {
  sigaction(SIGCONT, &continue_before, nullptr);
  sigaction(SIGWINCH, &resize_before, nullptr);
  set_modes(modes_before, kPastesAsTyped);
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &actions_before[i], nullptr);
}

TerminalEvent TerminalModes::take_event() noexcept {
  const bool resized = has_resized.exchange(false);
  if (has_come_back.exchange(false)) return TerminalEvent::kCameBack;
  return resized ? TerminalEvent::kResized : TerminalEvent::kNone;
}

}  // namespace tenfold::cli
