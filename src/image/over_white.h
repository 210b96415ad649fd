// Transparency: what an image shows on a white page, as models' own processors see it (transformers' convert_to_rgb)
// and to the bit as Pillow composites.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/contracts.h"

namespace tenfold {

// value, alpha: of 8 bits. The nearest to (value·alpha + 255·(255 − alpha)) / 255, which no half can be.
inline std::uint8_t over_white(unsigned value, unsigned alpha) {
  TENFOLD_DCHECK(value <= 255 && alpha <= 255);
  return static_cast<std::uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

// rgba: [n, 4] → rgb: [n, 3].
inline void rgba_over_white(const std::uint8_t* rgba, std::size_t n, std::uint8_t* rgb) {
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < 3; ++c) rgb[3 * i + c] = over_white(rgba[4 * i + c], rgba[4 * i + 3]);
  }
}

}  // namespace tenfold
