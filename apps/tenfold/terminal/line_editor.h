// Lets a person type a message: arrows, history, pastes of several lines as one message, Tab.
//
// It knows the terminal only by three functions, and sends what every terminal since the VT100 obeys. One thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "completion.h"
#include "edit_buffer.h"
#include "key_decoder.h"
#include "message_history.h"
#include "screen_layout.h"

namespace tenfold::cli {

// What came of asking the terminal for bytes, and a person for a message.
enum class Typed { kBytes, kEnd, kInterrupted, kResized, kRedraw };
enum class Edited { kMessage, kEnd, kInterrupted, kCleared };

struct EditorTerminal {
  // Waits for bytes and appends them. kResized: size() is another. kRedraw: what was drawn may be gone.
  std::function<Typed(std::string& bytes)> read;
  std::function<void(std::string_view bytes)> write;  // \n begins a new row at its left
  std::function<ScreenSize()> size;
};

struct MessageLimit {
  std::size_t max_bytes;
  std::string refusal;  // what is said about more
};

class LineEditor {
 public:
  // history: outlives the editor.
  LineEditor(EditorTerminal terminal, MessageHistory& history, std::function<Completion(std::string_view)> complete,
             MessageLimit limit);

  // Enter ends a message, but behind a \ it begins a new line, as Alt-Enter does everywhere. kEnd: Ctrl-D where nothing
  // is typed, or the terminal has gone. Ctrl-C is kInterrupted where nothing is typed, else kCleared: that is dropped.
  // Bytes behind the end of a message are kept for the next one.
  Edited read(std::string& message);

 private:
  // What the key did to the message as a whole; nothing if it goes on being edited.
  std::optional<Edited> press(const Key& key);
  std::optional<Edited> press_enter();
  void edit(const Key& key);
  void go_up();
  void go_down();
  void recall(std::size_t n_back);
  void press_tab();
  Edited interrupt();
  void insert(std::string_view text);
  void say(std::string_view text);
  void beep();

  void draw();
  bool draw_addition();
  void draw_all();
  // Behind the text, at the beginning of a new row.
  void leave_rows();

  EditorTerminal terminal_;
  MessageHistory& history_;
  std::function<Completion(std::string_view)> complete_;
  MessageLimit limit_;
  KeyDecoder keys_;
  std::string typed_;  // bytes not yet decoded
  EditBuffer buffer_;
  std::size_t n_back_ = 0;  // messages back in the history; 0: the one that is being typed
  std::string draft_;       // that one, while another is shown
  // What is on the screen.
  ScreenLayout drawn_;
  int drawn_columns_ = 0;
  std::string drawn_text_;
  bool was_at_end_ = false;
};

}  // namespace tenfold::cli
