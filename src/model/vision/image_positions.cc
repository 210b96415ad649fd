#include "model/vision/image_positions.h"

#include <algorithm>

namespace tenfold {

TextPositions text_positions(int n_tokens, std::span<const ImageSpan> images) {
  TextPositions text;
  text.positions.reserve(static_cast<std::size_t>(n_tokens));
  const auto add_text_until = [&](int end) {
    for (int token = static_cast<int>(text.positions.size()); token < end; ++token) {
      text.positions.push_back({text.next, text.next, text.next});
      ++text.next;
    }
  };
  for (const ImageSpan& image : images) {
    add_text_until(image.begin);
    for (int row = 0; row < image.rows; ++row) {
      for (int column = 0; column < image.columns; ++column) {
        text.positions.push_back({text.next, text.next + row, text.next + column});
      }
    }
    text.next += std::max(image.rows, image.columns);
  }
  add_text_until(n_tokens);
  return text;
}

}  // namespace tenfold
