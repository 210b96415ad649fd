#include "line_editor.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"

namespace tenfold::cli {

namespace {

constexpr std::string_view kPrompt = "> ";
constexpr std::size_t kMaxShownCandidates = 60;

}  // namespace

LineEditor::LineEditor(EditorTerminal terminal, MessageHistory& history,
                       std::function<Completion(std::string_view)> complete, MessageLimit limit)
    : terminal_(std::move(terminal)),
      history_(history),
      complete_(std::move(complete)),
      limit_(std::move(limit)),
      keys_(limit_.max_bytes),
      buffer_(limit_.max_bytes) {}

Edited LineEditor::read(std::string& message) {
  buffer_.set({});
  n_back_ = 0;
  drawn_ = {};
  draw_all();
  for (;;) {
    std::size_t n_decoded = 0;
    std::optional<Edited> outcome;
    while (n_decoded < typed_.size() && !outcome) {
      if (const auto key = keys_.push(typed_[n_decoded++])) outcome = press(*key);
    }
    typed_.erase(0, n_decoded);
    if (outcome) {
      message = buffer_.text();
      return *outcome;
    }
    draw();
    switch (terminal_.read(typed_)) {
      case Typed::kBytes: break;
      case Typed::kEnd: return Edited::kEnd;
      case Typed::kInterrupted: return interrupt();
      case Typed::kResized: draw_all(); break;
      case Typed::kRedraw:
        drawn_ = {};
        draw_all();
        break;
    }
  }
}

Edited LineEditor::interrupt() {
  keys_ = KeyDecoder(limit_.max_bytes);  // a paste may never have ended
  typed_.clear();
  const bool is_empty = buffer_.text().empty();
  leave_rows();
  return is_empty ? Edited::kInterrupted : Edited::kCleared;
}

std::optional<Edited> LineEditor::press(const Key& key) {
  switch (key.kind) {
    case KeyKind::kEnter: return press_enter();
    case KeyKind::kEndOfInput:
      if (buffer_.text().empty()) {
        leave_rows();
        return Edited::kEnd;
      }
      buffer_.erase_right();
      break;
    case KeyKind::kTab: press_tab(); break;
    case KeyKind::kUp: go_up(); break;
    case KeyKind::kDown: go_down(); break;
    case KeyKind::kText:
    case KeyKind::kPaste: insert(key.text); break;
    case KeyKind::kNewLine: insert("\n"); break;
    case KeyKind::kTooLong: say(limit_.refusal); break;
    case KeyKind::kRedraw:
      terminal_.write("\x1b[H\x1b[2J");
      drawn_ = {};
      draw_all();
      break;
    default: edit(key);
  }
  return std::nullopt;
}

void LineEditor::edit(const Key& key) {
  switch (key.kind) {
    case KeyKind::kLeft: buffer_.go_left(); break;
    case KeyKind::kRight: buffer_.go_right(); break;
    case KeyKind::kHome: buffer_.go_line_begin(); break;
    case KeyKind::kEnd: buffer_.go_line_end(); break;
    case KeyKind::kWordLeft: buffer_.go_word_left(); break;
    case KeyKind::kWordRight: buffer_.go_word_right(); break;
    case KeyKind::kBackspace: buffer_.erase_left(); break;
    case KeyKind::kDelete: buffer_.erase_right(); break;
    case KeyKind::kEraseWordLeft: buffer_.erase_word_left(); break;
    case KeyKind::kEraseWordRight: buffer_.erase_word_right(); break;
    case KeyKind::kEraseLineLeft: buffer_.erase_line_left(); break;
    case KeyKind::kEraseLineRight: buffer_.erase_line_right(); break;
    case KeyKind::kPutBack:
      if (!buffer_.put_back()) say(limit_.refusal);
      break;
    default: break;
  }
}

std::optional<Edited> LineEditor::press_enter() {
  if (buffer_.at_end() && buffer_.text().ends_with('\\')) {
    buffer_.erase_left();
    insert("\n");
    return std::nullopt;
  }
  buffer_.go_end();
  draw();
  leave_rows();
  std::string text = buffer_.text();
  while (text.ends_with('\n')) text.pop_back();  // pastes tend to end with one
  history_.add(text);
  buffer_.set(std::move(text));
  return Edited::kMessage;
}

void LineEditor::go_up() {
  if (!buffer_.in_first_line()) {
    buffer_.go_up();
  } else if (n_back_ < history_.messages().size()) {
    recall(n_back_ + 1);
  } else {
    beep();
  }
}

void LineEditor::go_down() {
  if (!buffer_.in_last_line()) {
    buffer_.go_down();
  } else if (n_back_ > 0) {
    recall(n_back_ - 1);
  } else {
    beep();
  }
}

void LineEditor::recall(std::size_t n_back) {
  if (n_back_ == 0) draft_ = buffer_.text();
  n_back_ = n_back;
  const auto& messages = history_.messages();
  buffer_.set(n_back == 0 ? draft_ : messages[messages.size() - n_back]);
}

void LineEditor::press_tab() {
  const std::string before = buffer_.text().substr(0, buffer_.cursor());
  const Completion completion = complete_(before);
  if (!completion.addition.empty()) {
    insert(completion.addition);
  } else if (completion.candidates.empty()) {
    beep();
  } else {
    std::string shown;
    const std::size_t n_shown = std::min(completion.candidates.size(), kMaxShownCandidates);
    for (std::size_t i = 0; i < n_shown; ++i) shown += cat(i == 0 ? "" : "  ", printable(completion.candidates[i], 80));
    if (n_shown < completion.candidates.size()) shown += cat("  … ", completion.candidates.size(), " in all");
    say(shown);
  }
}

void LineEditor::insert(std::string_view text) {
  if (!buffer_.insert(text)) say(limit_.refusal);
}

// In rows of its own, above the message.
void LineEditor::say(std::string_view text) {
  leave_rows();
  terminal_.write(cat(text, "\n"));
  draw_all();
}

void LineEditor::beep() { terminal_.write("\a"); }

void LineEditor::draw() {
  const bool is_drawn = drawn_text_ == buffer_.text() && was_at_end_ && buffer_.at_end();
  if (!is_drawn && !draw_addition()) draw_all();
}

// Most keys add a character at the end: then that is all that has to be sent.
bool LineEditor::draw_addition() {
  const std::string& text = buffer_.text();
  if (!was_at_end_ || !buffer_.at_end() || !text.starts_with(drawn_text_)) return false;
  ScreenLayout layout = lay_out(kPrompt, text, buffer_.cursor(), terminal_.size());
  if (layout.rows.size() != drawn_.rows.size() || !layout.rows.back().starts_with(drawn_.rows.back())) return false;
  if (!std::equal(layout.rows.begin(), layout.rows.end() - 1, drawn_.rows.begin())) return false;
  terminal_.write(std::string_view(layout.rows.back()).substr(drawn_.rows.back().size()));
  drawn_ = std::move(layout);
  drawn_text_ = text;
  return true;
}

void LineEditor::draw_all() {
  std::string out = drawn_.rows.empty() ? "" : "\r";  // nothing is drawn yet: at the beginning of a row
  const ScreenSize size = terminal_.size();
  if (const std::size_t n_up = rows_above_cursor(drawn_, size.columns); n_up > 0) out += cat("\x1b[", n_up, "A");
  // Rows that the terminal broke stay joined where it is wider again, unless they were erased.
  if (!drawn_.rows.empty() && size.columns != drawn_columns_) out += "\x1b[J";
  drawn_columns_ = size.columns;
  drawn_ = lay_out(kPrompt, buffer_.text(), buffer_.cursor(), size);
  for (std::size_t i = 0; i < drawn_.rows.size(); ++i) out += cat(i == 0 ? "" : "\n", drawn_.rows[i], "\x1b[K");
  out += "\x1b[J";
  if (!buffer_.at_end()) {
    if (const std::size_t n_up = drawn_.rows.size() - 1 - drawn_.cursor_row; n_up > 0) out += cat("\x1b[", n_up, "A");
    out += "\r";
    if (drawn_.cursor_column > 0) out += cat("\x1b[", drawn_.cursor_column, "C");
  }
  terminal_.write(out);
  drawn_text_ = buffer_.text();
  was_at_end_ = buffer_.at_end();
}

void LineEditor::leave_rows() {
  std::string out;
  const std::size_t last = drawn_.rows.empty() ? 0 : drawn_.rows.size() - 1;
  if (last > drawn_.cursor_row) out += cat("\x1b[", last - drawn_.cursor_row, "B");
  terminal_.write(out + "\n");
  drawn_ = {};
}

}  // namespace tenfold::cli
