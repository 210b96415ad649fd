// RgbImage: what a decoder makes and everything after it reads. A plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/contracts.h"

namespace tenfold {

struct ImageSize {
  int width = 0;
  int height = 0;

  bool operator==(const ImageSize&) const = default;
  [[nodiscard]] std::int64_t n_pixels() const { return std::int64_t{width} * height; }
};

struct RgbImage {
  ImageSize size;
  std::vector<std::uint8_t> pixels;  // [height, width, 3], rows from the top

  // y: below the height.
  [[nodiscard]] const std::uint8_t* row(int y) const { return pixels.data() + offset_of(y); }
  [[nodiscard]] std::uint8_t* row(int y) { return pixels.data() + offset_of(y); }

 private:
  [[nodiscard]] std::size_t offset_of(int y) const {
    TENFOLD_DCHECK(y >= 0 && y < size.height);
    TENFOLD_DCHECK(pixels.size() == 3 * static_cast<std::size_t>(size.n_pixels()));
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) * 3;
  }
};

}  // namespace tenfold
