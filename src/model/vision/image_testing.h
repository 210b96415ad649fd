// Test support: the images that tools/make_vision_goldens.py draws.
#pragma once

#include "image/rgb_image.h"

namespace tenfold {

inline RgbImage test_image(int width, int height) {
  RgbImage image{{width, height}, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        image.pixels.push_back(static_cast<std::uint8_t>((x * 7 + y * 13 + c * 101) ^ (x * y * 3)));
      }
    }
  }
  return image;
}

}  // namespace tenfold
