// A message as rows on a screen, and where its cursor is. Control characters are shown, not sent; long lines go on in
// the next row. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold::cli {

struct ScreenSize {
  int columns = 80;
  int rows = 24;
};

struct ScreenLayout {
  std::vector<std::string> rows;  // at least one; what is printed, without line ends
  std::size_t cursor_row = 0;
  int cursor_column = 0;  // from 0
};

// As many rows as the screen has, those around the cursor. The last column stays empty: terminals disagree about where
// the cursor is behind it.
//   prompt:  before the first line; "… " is before the others
//   cursor:  in bytes, between two characters of `text`
ScreenLayout lay_out(std::string_view prompt, std::string_view text, std::size_t cursor, const ScreenSize& size);

// How many rows of the screen are above the cursor's and belong to the layout, once it has so many columns: terminals
// break rows that do not fit any more, and the cursor stays where it was in the text.
std::size_t rows_above_cursor(const ScreenLayout& layout, int columns);

}  // namespace tenfold::cli
