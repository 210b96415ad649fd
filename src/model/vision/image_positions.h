// Where the tokens of a text with images in it stand for rope (M-RoPE).
#pragma once

#include <span>
#include <vector>

#include "plan/operator_kinds.h"

namespace tenfold {

// An image in a text: tokens [begin, begin + rows·columns), row by row.
struct ImageSpan {
  int begin = 0;
  int rows = 0, columns = 0;

  [[nodiscard]] int end() const { return begin + rows * columns; }
};

struct TextPositions {
  std::vector<RopePosition> positions;  // [n_tokens]
  int next = 0;                         // where the token after them stands, on all axes
};

// A text token stands one further than what is before it. The tokens of an image that begins at p stand at {p, p +
// row, p + column}, and what follows at p + max(rows, columns): positions fall behind the places in the KV cache.
//
//   images:  in order, within n_tokens, not overlapping
TextPositions text_positions(int n_tokens, std::span<const ImageSpan> images);

}  // namespace tenfold
