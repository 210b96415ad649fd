#include "edit_buffer.h"

#include <algorithm>
#include <utility>

#include "seen_text.h"

namespace tenfold::cli {

namespace {

// Words are what blanks keep apart; everything that is no ASCII is a part of one.
bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t'; }

}  // namespace

void EditBuffer::set(std::string text) {
  text_ = std::move(text);
  go_end();
}

bool EditBuffer::insert(std::string_view text) {
  if (text.size() > max_bytes_ - std::min(text_.size(), max_bytes_)) return false;
  text_.insert(cursor_, text);
  cursor_ += text.size();
  return true;
}

void EditBuffer::go_left() {
  if (cursor_ > 0) cursor_ = previous_seen(text_, cursor_);
}

void EditBuffer::go_right() {
  if (!at_end()) cursor_ = next_seen(text_, cursor_);
}

void EditBuffer::go_up() { go_to_line_at(line_begin_of(line_begin() - 1)); }

void EditBuffer::go_down() { go_to_line_at(line_end() + 1); }

// As many characters into the line as the cursor is into its own, or to its end.
void EditBuffer::go_to_line_at(std::size_t begin) {
  std::size_t n = 0;
  for (std::size_t at = line_begin(); at < cursor_; ++n) at = next_seen(text_, at);
  cursor_ = begin;
  for (const std::size_t end = line_end(); n > 0 && cursor_ < end; --n) cursor_ = next_seen(text_, cursor_);
}

void EditBuffer::erase_left() {
  const std::size_t end = cursor_;
  go_left();
  text_.erase(cursor_, end - cursor_);
}

void EditBuffer::erase_right() {
  if (!at_end()) text_.erase(cursor_, next_seen(text_, cursor_) - cursor_);
}

std::size_t EditBuffer::line_begin_of(std::size_t at) const noexcept {
  return at == 0 ? 0 : text_.rfind('\n', at - 1) + 1;  // npos + 1 is 0
}

std::size_t EditBuffer::line_end() const noexcept { return std::min(text_.find('\n', cursor_), text_.size()); }

std::size_t EditBuffer::word_begin() const noexcept {
  std::size_t at = cursor_;
  while (at > 0 && is_blank(text_[at - 1])) --at;
  while (at > 0 && !is_blank(text_[at - 1])) --at;
  return at;
}

std::size_t EditBuffer::word_end() const noexcept {
  std::size_t at = cursor_;
  while (at < text_.size() && is_blank(text_[at])) ++at;
  while (at < text_.size() && !is_blank(text_[at])) ++at;
  return at;
}

void EditBuffer::cut(std::size_t begin, std::size_t end) {
  if (begin == end) return;
  taken_ = text_.substr(begin, end - begin);
  text_.erase(begin, end - begin);
  cursor_ = begin;
}

}  // namespace tenfold::cli
