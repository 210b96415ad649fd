#include "image/resize.h"

#include <algorithm>
#include <cmath>

namespace tenfold {

namespace {

constexpr int kFractionBits = 22;
constexpr double kSupport = 2.0;  // of the filter, in pixels of the coarser picture

// Keys' cubic convolution with a = −0.5.
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

// For each place of an axis of the result, what it is made of.
struct AxisWeights {
  struct Taps {
    int first = 0;  // place in the source
    int n = 0;
  };
  std::vector<Taps> taps;
  std::vector<std::int32_t> weights;  // [taps.size(), stride]
  std::size_t stride = 0;

  [[nodiscard]] const std::int32_t* at(int i) const { return weights.data() + static_cast<std::size_t>(i) * stride; }
};

AxisWeights axis_weights(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const double filter_scale = std::max(scale, 1.0);
  const double support = kSupport * filter_scale;
  AxisWeights axis;
  axis.stride = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  axis.weights.resize(axis.stride * static_cast<std::size_t>(to));
  std::vector<double> exact(axis.stride);
  for (int i = 0; i < to; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int end = std::min(from, static_cast<int>(center + support + 0.5));
    double sum = 0;
    for (int j = first; j < end; ++j) {
      const double w = bicubic((j - center + 0.5) * (1.0 / filter_scale));
      exact[static_cast<std::size_t>(j - first)] = w;
      sum += w;
    }
    std::int32_t* weights = axis.weights.data() + static_cast<std::size_t>(i) * axis.stride;
    for (int j = 0; j < end - first; ++j) {
      double w = exact[static_cast<std::size_t>(j)];
      if (sum != 0.0) w /= sum;
      weights[j] = static_cast<std::int32_t>(std::copysign(0.5, w) + w * (1 << kFractionBits));
    }
    axis.taps.push_back({first, end - first});
  }
  return axis;
}

std::uint8_t to_byte(std::int32_t fixed) {
  return static_cast<std::uint8_t>(std::clamp(fixed >> kFractionBits, 0, 255));
}

// One result: taps of `in`, `step` bytes apart.
std::uint8_t weigh(const std::uint8_t* in, std::size_t step, const std::int32_t* weights, int n) {
  std::int32_t sum = 1 << (kFractionBits - 1);
  for (int j = 0; j < n; ++j) sum += in[static_cast<std::size_t>(j) * step] * weights[j];
  return to_byte(sum);
}

RgbImage resize_columns(const RgbImage& image, int width) {
  const AxisWeights axis = axis_weights(image.size.width, width);
  RgbImage out{{width, image.size.height}, {}};
  out.pixels.resize(static_cast<std::size_t>(out.size.n_pixels()) * 3);
  for (int y = 0; y < out.size.height; ++y) {
    std::uint8_t* to = out.row(y);
    for (int x = 0; x < width; ++x) {
      const auto [first, n] = axis.taps[static_cast<std::size_t>(x)];
      for (int c = 0; c < 3; ++c) *to++ = weigh(image.row(y) + std::ptrdiff_t{3} * first + c, 3, axis.at(x), n);
    }
  }
  return out;
}

RgbImage resize_rows(const RgbImage& image, int height) {
  const AxisWeights axis = axis_weights(image.size.height, height);
  RgbImage out{{image.size.width, height}, {}};
  out.pixels.resize(static_cast<std::size_t>(out.size.n_pixels()) * 3);
  const std::size_t stride = static_cast<std::size_t>(image.size.width) * 3;
  for (int y = 0; y < height; ++y) {
    const auto [first, n] = axis.taps[static_cast<std::size_t>(y)];
    std::uint8_t* to = out.row(y);
    for (std::size_t x = 0; x < stride; ++x) to[x] = weigh(image.row(first) + x, stride, axis.at(y), n);
  }
  return out;
}

}  // namespace

RgbImage resize_bicubic(const RgbImage& image, ImageSize size) {
  const bool columns = size.width != image.size.width;
  const bool rows = size.height != image.size.height;
  if (!columns) return rows ? resize_rows(image, size.height) : image;
  const RgbImage wide = resize_columns(image, size.width);
  return rows ? resize_rows(wide, size.height) : wide;
}

}  // namespace tenfold
