#include "message_reader.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "console.h"

namespace tenfold::cli {

namespace {

constexpr std::array<std::string_view, 4> kCompletable = {"/exit", "/help", "/image ", "/reset"};

// Linux keeps this much of a line that is typed without an editor and drops the rest without a word.
constexpr std::size_t kTerminalLineBytes = 4095;
constexpr const char* kCutLine =
    "[the terminal passed on only the first 4095 bytes of that line; a \\ at the end of a line continues it]\n";

// Whether the terminal can move its cursor: one that says nothing about itself cannot be relied on.
bool can_edit() {
  const char* const kind = std::getenv("TERM");
  return stdin_is_terminal() && stderr_can_redraw() && kind != nullptr && kind[0] != '\0';
}

std::optional<Typed> typed_of(TerminalEvent event) {
  switch (event) {
    case TerminalEvent::kNone: break;
    case TerminalEvent::kResized: return Typed::kResized;
    case TerminalEvent::kCameBack: return Typed::kRedraw;
  }
  return std::nullopt;
}

Typed read_keys(std::string& bytes, const Interrupt& interrupt) {
  if (const auto typed = typed_of(TerminalModes::take_event())) return *typed;
  switch (wait_for_input(STDIN_FILENO, interrupt)) {
    case Waited::kReady: break;
    case Waited::kInterrupted: return Typed::kInterrupted;
    case Waited::kOtherSignal: return typed_of(TerminalModes::take_event()).value_or(Typed::kBytes);
  }
  std::array<char, 4096> chunk;
  const ssize_t n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return Typed::kBytes;
  if (n <= 0) return Typed::kEnd;
  bytes.append(chunk.data(), static_cast<std::size_t>(n));
  return Typed::kBytes;
}

ScreenSize screen_size() {
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

}  // namespace

MessageReader::MessageReader(TextLimit limit, std::string history_path)
    : limit_(std::move(limit)),
      interactive_(stdin_is_terminal()),
      history_(can_edit() ? std::move(history_path) : std::string()) {
  if (!can_edit()) return;
  modes_ = std::make_unique<TerminalModes>();
  EditorTerminal terminal;
  terminal.read = [this](std::string& bytes) { return read_keys(bytes, *interrupt_); };
  terminal.write = draw;
  terminal.size = screen_size;
  MessageLimit message_limit{
      limit_.max_bytes, cat("[that is more than ", limit_.max_bytes, " bytes: ", limit_.reason, "; it is left out]")};
  editor_ = std::make_unique<LineEditor>(
      std::move(terminal), history_, [](std::string_view text) { return complete(text, kCompletable); },
      std::move(message_limit));
}

Result<Input> MessageReader::read(std::string& message) {
  message.clear();
  return editor_ ? read_edited(message) : read_lines(message);
}

Result<Input> MessageReader::read_edited(std::string& message) {
  for (;;) {
    const Interrupt interrupt;  // before the prompt: who sees it may press Ctrl-C at once
    interrupt_ = &interrupt;
    (void)TerminalModes::take_event();  // of the time before; all is drawn now
    switch (editor_->read(message)) {
      case Edited::kMessage: return Input::kMessage;
      case Edited::kEnd: return Input::kEnd;
      case Edited::kInterrupted: return Input::kInterrupted;
      case Edited::kCleared: break;
    }
  }
}

Result<Input> MessageReader::read_lines(std::string& message) {
  std::string line;
  for (bool more = true; more;) {
    const Interrupt interrupt;
    if (interactive_) print_note(message.empty() ? "> " : "… ");
    TENFOLD_ASSIGN_OR_RETURN(const LineStatus status, input_.read_line(line, limit_, interrupt));
    if (status != LineStatus::kLine) {
      if (interactive_) print_note("\n");
      if (status == LineStatus::kInterrupted) return Input::kInterrupted;
      return message.empty() ? Input::kEnd : Input::kMessage;
    }
    if (interactive_ && line.size() >= kTerminalLineBytes) print_note(kCutLine);
    more = line.ends_with('\\');
    if (more) line.pop_back();
    message += line;
    if (message.size() > limit_.max_bytes) {
      return resource_exhausted("message: expected at most ", limit_.max_bytes, " bytes (", limit_.reason, "), found ",
                                message.size());
    }
    if (more) message += '\n';
  }
  return Input::kMessage;
}

}  // namespace tenfold::cli
