#include "ops/patches.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tenfold {

namespace {

// Four neighbours on an axis of the table and their weights.
struct Taps {
  std::array<int, 4> at;
  std::array<float, 4> weights;
};

// Where place `index` of `n` lies on an axis of `side` cells, all of the same width.
Taps taps_of(int index, int n, int side) {
  constexpr float a = -0.75F;
  const auto near = [](float x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  const auto far = [](float x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  const float scaled = (static_cast<float>(index) + 0.5F) / static_cast<float>(n) * 2 - 1;
  const float place = ((scaled + 1) * static_cast<float>(side) - 1) / 2;
  const float below = std::floor(place);
  const float t = place - below;
  Taps taps{{}, {far(t + 1), near(t), near(1 - t), far(2 - t)}};
  for (int i = 0; i < 4; ++i) {
    taps.at[static_cast<std::size_t>(i)] = std::clamp(static_cast<int>(below) - 1 + i, 0, side - 1);
  }
  return taps;
}

}  // namespace

PixelValues normalized_pixels(const std::array<float, 3>& mean, const std::array<float, 3>& deviation) {
  PixelValues values;
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto share = static_cast<float>(static_cast<double>(byte) * (1.0 / 255.0));
      values[c][byte] = (share - mean[c]) / deviation[c];
    }
  }
  return values;
}

void patches(OpContext& ctx, const ImageView& image, int side, const PixelValues& values,
             std::span<const RopePosition> positions, const Rows& out) {
  TENFOLD_DCHECK(out.width == 3 * side * side && positions.size() == static_cast<std::size_t>(out.n_tokens));
  TENFOLD_DCHECK(image.width % side == 0 && image.height % side == 0);
  parallel_rows(ctx, out.n_tokens, [&](int, int t) noexcept {
    const RopePosition& position = positions[static_cast<std::size_t>(t)];
    const int top = position[1] * side, left = position[2] * side;
    float* to = out.row(t);
    for (std::size_t c = 0; c < 3; ++c) {
      for (int y = top; y < top + side; ++y) {
        const std::uint8_t* pixel = image.pixel(left, y);
        for (int x = 0; x < side; ++x, pixel += 3) *to++ = values[c][pixel[c]];
      }
    }
  });
}

void add_position_grid(OpContext& ctx, const PositionGrid& grid, std::span<const RopePosition> positions,
                       const Rows& x) {
  TENFOLD_DCHECK(positions.size() == static_cast<std::size_t>(x.n_tokens) && grid.rows > 0 && grid.columns > 0);
  parallel_rows(ctx, x.n_tokens, [&](int, int t) noexcept {
    const RopePosition& position = positions[static_cast<std::size_t>(t)];
    const Taps vertical = taps_of(position[1], grid.rows, grid.side);
    const Taps horizontal = taps_of(position[2], grid.columns, grid.side);
    float* row = x.row(t);
    for (std::size_t v = 0; v < 4; ++v) {
      for (std::size_t h = 0; h < 4; ++h) {
        const float* entry =
            grid.table + (static_cast<std::ptrdiff_t>(vertical.at[v]) * grid.side + horizontal.at[h]) * x.width;
        const float weight = vertical.weights[v] * horizontal.weights[h];
        for (int i = 0; i < x.width; ++i) row[i] += weight * entry[i];
      }
    }
  });
}

void merge_squares(OpContext& ctx, const Rows& x, std::span<const std::int32_t> squares, int n_merged,
                   const Rows& out) {
  TENFOLD_DCHECK(out.width == n_merged * x.width && squares.size() == static_cast<std::size_t>(out.n_tokens));
  parallel_rows(ctx, out.n_tokens, [&](int, int t) noexcept {
    const int first = squares[static_cast<std::size_t>(t)] * n_merged;
    for (int i = 0; i < n_merged; ++i) {
      std::memcpy(out.row(t) + static_cast<std::ptrdiff_t>(i) * x.width, x.row(first + i),
                  static_cast<std::size_t>(x.width) * sizeof(float));
    }
  });
}

}  // namespace tenfold
