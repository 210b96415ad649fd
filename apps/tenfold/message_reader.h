// Where a chat's messages come from: an editor in a terminal, or lines.
#pragma once

#include <memory>
#include <string>

#include "terminal/line_editor.h"
#include "terminal/message_history.h"
#include "terminal/terminal_modes.h"
#include "text_input.h"

namespace tenfold::cli {

// What came of waiting for a message.
enum class Input { kMessage, kEnd, kInterrupted };

class MessageReader {
 public:
  // limit: of a message. history_path: see MessageHistory; for the editor alone.
  MessageReader(TextLimit limit, std::string history_path);

  // The next message. kInterrupted: Ctrl-C where nothing is typed.
  // Errors: kIoError; kResourceExhausted for a message that is too long, after which the next one can be read.
  Result<Input> read(std::string& message);

  // Whether a person types, with an editor or without.
  [[nodiscard]] bool interactive() const { return interactive_; }

 private:
  Result<Input> read_edited(std::string& message);
  Result<Input> read_lines(std::string& message);

  TextLimit limit_;
  bool interactive_;
  TextInput input_ = TextInput::standard_input();
  MessageHistory history_;
  const Interrupt* interrupt_ = nullptr;  // while a message is read
  std::unique_ptr<TerminalModes> modes_;  // with an editor
  std::unique_ptr<LineEditor> editor_;
};

}  // namespace tenfold::cli
