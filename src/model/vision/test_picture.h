// Test support: what tools/make_vision_goldens.py makes, and the pictures that it draws.
#pragma once

#include <string>

#include "image/rgb_image.h"

namespace tenfold {

// The path of a file of tests/data.
inline std::string data_path(const std::string& file) {
  return std::string(TENFOLD_SOURCE_DIR) + "/tests/data/" + file;
}

inline RgbImage test_picture(int width, int height) {
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
