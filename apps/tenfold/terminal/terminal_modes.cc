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
  set_modes(modes_now, kPastesInBrackets);
}

TerminalModes::~TerminalModes() {
  set_modes(modes_before, kPastesAsTyped);
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &actions_before[i], nullptr);
}

bool TerminalModes::came_back() noexcept { return has_come_back.exchange(false); }

}  // namespace tenfold::cli
