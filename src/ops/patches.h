// The first operators of a vision tower: pixels to rows of patches, their learned positions, squares of patches merged.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "ops/op_context.h"
#include "ops/rows.h"
#include "plan/operator_kinds.h"

namespace tenfold {

// An image: [height, width, 3] bytes, rows from the top.
struct ImageView {
  const std::uint8_t* rgb = nullptr;
  int width = 0, height = 0;

  [[nodiscard]] const std::uint8_t* pixel(int x, int y) const {
    return rgb + (static_cast<std::ptrdiff_t>(y) * width + x) * 3;
  }
};

// What each byte of a channel becomes.
using PixelValues = std::array<std::array<float, 256>, 3>;
// (byte/255 − mean) / deviation of each channel
PixelValues normalized_pixels(const std::array<float, 3>& mean, const std::array<float, 3>& deviation);

//   positions:  [n_patches] {0, row, column} in the image, counted in patches
//   out:        [n_patches, 3·side²], channel after channel
void patches(OpContext& ctx, const ImageView& image, int side, const PixelValues& values,
             std::span<const RopePosition> positions, const Rows& out);

// A learned table of positions for side² patches, and how many patches the image has.
struct PositionGrid {
  const float* table = nullptr;  // [side², width]
  int side = 0;
  int rows = 0, columns = 0;  // of the image
};

// x += the table, sampled at where each patch lies in it: bicubic (a = −0.75), the border repeated. x: [n_patches,
// width]
void add_position_grid(OpContext& ctx, const PositionGrid& grid, std::span<const RopePosition> positions,
                       const Rows& x);

// out[t] = the n_merged patches of square squares[t] side by side: [n_tokens, n_merged·width]
void merge_squares(OpContext& ctx, const Rows& x, std::span<const std::int32_t> squares, int n_merged, const Rows& out);

}  // namespace tenfold
