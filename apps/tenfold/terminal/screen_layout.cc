#include "screen_layout.h"

#include <algorithm>

#include "base/control_chars.h"
#include "base/utf8.h"
#include "seen_text.h"

namespace tenfold::cli {

namespace {

constexpr std::string_view kContinued = "… ";
constexpr int kTabColumns = 8;

// Puts pieces of known width one after the other into rows.
class RowWriter {
 public:
  explicit RowWriter(int columns) : columns_(std::max(columns - 1, 2)) {}

  void put(std::string_view bytes, int width) {
    if (column_ + width > columns_) end_row();
    layout_.rows.back() += bytes;
    column_ += width;
  }
  void put_text(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const Utf8Char c = decode_utf8(text, at);
      put_char(text.substr(at, c.n_bytes), c);
      at += c.n_bytes;
    }
  }
  void put_char(std::string_view bytes, const Utf8Char& c) {
    if (c.valid && c.code_point == '\t') {
      for (int n = kTabColumns - column_ % kTabColumns; n > 0; --n) put(" ", 1);
    } else if (c.valid && !is_control_char(c.code_point)) {
      put(bytes, columns_of(c.code_point));
    } else {
      std::string escaped;
      append_escaped(escaped, bytes, c);
      for (const char byte : escaped) put(std::string_view(&byte, 1), 1);
    }
  }
  void end_row() {
    layout_.rows.emplace_back();
    column_ = 0;
  }
  void mark_cursor() {
    layout_.cursor_row = layout_.rows.size() - 1;
    layout_.cursor_column = column_;
  }
  ScreenLayout take() { return std::move(layout_); }

 private:
  int columns_;
  int column_ = 0;
  ScreenLayout layout_{.rows = {""}};
};

int columns_of_row(std::string_view row) {
  int n = 0;
  for (std::size_t at = 0; at < row.size();) {
    const Utf8Char c = decode_utf8(row, at);
    n += columns_of(c.code_point);
    at += c.n_bytes;
  }
  return n;
}

// The rows around the cursor that the screen has room for.
void keep_visible(ScreenLayout& layout, std::size_t n_rows) {
  if (layout.rows.size() <= n_rows) return;
  const std::size_t half_above = layout.cursor_row - std::min(layout.cursor_row, n_rows / 2);
  const std::size_t first = std::min(half_above, layout.rows.size() - n_rows);
  layout.rows.erase(layout.rows.begin(), layout.rows.begin() + static_cast<std::ptrdiff_t>(first));
  layout.rows.resize(n_rows);
  layout.cursor_row -= first;
}

}  // namespace

ScreenLayout lay_out(std::string_view prompt, std::string_view text, std::size_t cursor, const ScreenSize& size) {
  RowWriter out(size.columns);
  out.put_text(prompt);
  for (std::size_t at = 0; at <= text.size();) {
    if (at == cursor) out.mark_cursor();
    if (at == text.size()) break;
    const Utf8Char c = decode_utf8(text, at);
    if (c.code_point == '\n') {
      out.end_row();
      out.put_text(kContinued);
    } else {
      out.put_char(text.substr(at, c.n_bytes), c);
    }
    at += c.n_bytes;
  }
  ScreenLayout layout = out.take();
  keep_visible(layout, static_cast<std::size_t>(std::max(size.rows, 1)));
  return layout;
}

std::size_t rows_above_cursor(const ScreenLayout& layout, int columns) {
  columns = std::max(columns, 1);
  int n = layout.cursor_column / columns;
  for (std::size_t row = 0; row < layout.cursor_row; ++row) {
    n += std::max((columns_of_row(layout.rows[row]) + columns - 1) / columns, 1);
  }
  return static_cast<std::size_t>(n);
}

}  // namespace tenfold::cli
