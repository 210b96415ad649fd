// A message while it is typed: its text and a cursor that stands between two characters as a person sees them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenfold::cli {

class EditBuffer {
 public:
  // More than max_bytes are not taken.
  explicit EditBuffer(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::size_t cursor() const noexcept { return cursor_; }
  [[nodiscard]] bool at_end() const noexcept { return cursor_ == text_.size(); }
  // Whether the cursor is in the first or the last of the text's lines.
  [[nodiscard]] bool in_first_line() const noexcept { return line_begin() == 0; }
  [[nodiscard]] bool in_last_line() const noexcept { return line_end() == text_.size(); }

  // The cursor goes to the end.
  void set(std::string text);
  // At the cursor. False if there is no room for it.
  bool insert(std::string_view text);

  void go_left();
  void go_right();
  void go_word_left() { cursor_ = word_begin(); }
  void go_word_right() { cursor_ = word_end(); }
  void go_line_begin() { cursor_ = line_begin(); }
  void go_line_end() { cursor_ = line_end(); }
  // About the same place in the line above or below; there is one.
  void go_up();
  void go_down();
  void go_end() { cursor_ = text_.size(); }

  void erase_left();
  void erase_right();
  // What these four take away can be put back.
  void erase_word_left() { cut(word_begin(), cursor_); }
  void erase_word_right() { cut(cursor_, word_end()); }
  void erase_line_left() { cut(line_begin(), cursor_); }
  void erase_line_right() { cut(cursor_, line_end()); }
  bool put_back() { return insert(taken_); }

 private:
  [[nodiscard]] std::size_t line_begin() const noexcept { return line_begin_of(cursor_); }
  [[nodiscard]] std::size_t line_begin_of(std::size_t at) const noexcept;
  [[nodiscard]] std::size_t line_end() const noexcept;
  [[nodiscard]] std::size_t word_begin() const noexcept;
  [[nodiscard]] std::size_t word_end() const noexcept;
  void cut(std::size_t begin, std::size_t end);
  void go_to_line_at(std::size_t begin);

  std::size_t max_bytes_;
  std::string text_;
  std::size_t cursor_ = 0;
  std::string taken_;
};

}  // namespace tenfold::cli
