// How the terminal on standard input treats what is typed, from construction to destruction; on every way out but
// SIGKILL it is as it was before: signals that end or stop the process put it back first. Whatever stopped the process
// (SIGSTOP, too), when it goes on the terminal is as it was here.
//
// Between lines nothing that is typed is shown, so that typing ahead does not get into an answer; it is read when the
// next line is edited. Ctrl-C, Ctrl-Z and Ctrl-\ stay signals throughout. Pastes come in brackets (see KeyDecoder).
// At most one object at a time.
#pragma once

namespace tenfold::cli {

enum class TerminalEvent {
  kNone,
  kResized,
  kCameBack,  // the process was stopped and goes on: what was drawn may be gone
};

class TerminalModes {
 public:
  // Standard input and standard error are terminals.
  TerminalModes();
  ~TerminalModes();
  TerminalModes(const TerminalModes&) = delete;
  TerminalModes& operator=(const TerminalModes&) = delete;

  // What happened since the last call.
  static TerminalEvent take_event() noexcept;
};

}  // namespace tenfold::cli
