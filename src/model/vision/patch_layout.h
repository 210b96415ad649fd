// PatchLayout: in which order a tower takes the patches of an image, and which of them see each other.
#pragma once

#include <cstdint>
#include <vector>

#include "image/rgb_image.h"
#include "model/vision/vision_spec.h"
#include "plan/operator_kinds.h"

namespace tenfold {

// Patches come in squares of kMergedPatches that become one token: square after square, within one row by row. With
// windows, a window's squares come together, so that it is one stretch of patches.
struct PatchLayout {
  int rows = 0, columns = 0;            // of tokens; a token is a square
  std::vector<RopePosition> positions;  // [n_patches] {0, row, column} in the image, counted in patches
  std::vector<std::int32_t> squares;    // [n_tokens] where the square of a token comes, tokens row by row
  std::vector<int> windows;             // patches of each window, in order; empty without windows

  [[nodiscard]] int n_patches() const { return static_cast<int>(positions.size()); }
  [[nodiscard]] int n_tokens() const { return static_cast<int>(squares.size()); }
};

// size: a multiple of kMergeSide · patch_side on both sides.
PatchLayout lay_out_patches(const VisionSpec& spec, ImageSize size);

}  // namespace tenfold
