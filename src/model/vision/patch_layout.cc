#include "model/vision/patch_layout.h"

#include <algorithm>

namespace tenfold {

PatchLayout lay_out_patches(const VisionSpec& spec, ImageSize size) {
  const int token_side = spec.patch_side * kMergeSide;
  PatchLayout layout;
  layout.rows = size.height / token_side;
  layout.columns = size.width / token_side;
  layout.squares.resize(static_cast<std::size_t>(layout.rows) * static_cast<std::size_t>(layout.columns));

  // Without windows the image is one.
  const bool windows = spec.window_side > 0;
  const int window_rows = windows ? spec.window_side / kMergeSide : layout.rows;
  const int window_columns = windows ? spec.window_side / kMergeSide : layout.columns;
  std::int32_t n_squares = 0;
  for (int top = 0; top < layout.rows; top += window_rows) {
    for (int left = 0; left < layout.columns; left += window_columns) {
      const std::int32_t before = n_squares;
      for (int row = top; row < std::min(layout.rows, top + window_rows); ++row) {
        for (int column = left; column < std::min(layout.columns, left + window_columns); ++column) {
          layout.squares[static_cast<std::size_t>(row) * static_cast<std::size_t>(layout.columns) +
                         static_cast<std::size_t>(column)] = n_squares++;
          for (int i = 0; i < kMergedPatches; ++i) {
            layout.positions.push_back({0, row * kMergeSide + i / kMergeSide, column * kMergeSide + i % kMergeSide});
          }
        }
      }
      if (windows) layout.windows.push_back((n_squares - before) * kMergedPatches);
    }
  }
  return layout;
}

}  // namespace tenfold
