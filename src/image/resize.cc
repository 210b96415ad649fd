#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/contracts.h"

namespace tenfold {

namespace {

constexpr int kFractionBits = 22;
constexpr std::int32_t kHalf = 1 << (kFractionBits - 1);
constexpr double kSupport = 2.0;  // of the filter, in pixels of the coarser image

// Keys' cubic convolution with a = −0.5.
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

AxisWeights axis_weights(int from, int to) {
  TENFOLD_DCHECK(from >= 1 && to >= 1);
  AxisWeights axis;
  if (from == to) return axis;
  const double scale = static_cast<double>(from) / to;
  const double filter_scale = std::max(scale, 1.0);
  const double support = kSupport * filter_scale;
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

// Most places of the result that one of the source is part of.
int most_open(const AxisWeights& axis) {
  int most = 0;
  for (std::size_t begin = 0, end = 0; begin < axis.taps.size(); ++begin) {
    const int last = axis.taps[begin].first + axis.taps[begin].n - 1;
    while (end < axis.taps.size() && axis.taps[end].first <= last) ++end;
    most = std::max(most, static_cast<int>(end - begin));
  }
  return most;
}

std::uint8_t to_byte(std::int32_t fixed) {
  return static_cast<std::uint8_t>(std::clamp(fixed >> kFractionBits, 0, 255));
}

// in: [from, 3] → out: [axis.taps.size(), 3].
void resize_row(const AxisWeights& axis, const std::uint8_t* in, std::uint8_t* out) {
  for (std::size_t x = 0; x < axis.taps.size(); ++x, out += 3) {
    const auto [first, n] = axis.taps[x];
    const std::int32_t* weights = axis.at(static_cast<int>(x));
    const std::uint8_t* tap = in + std::ptrdiff_t{3} * first;
    std::int32_t red = kHalf, green = kHalf, blue = kHalf;
    for (int j = 0; j < n; ++j, tap += 3) {
      red += tap[0] * weights[j];
      green += tap[1] * weights[j];
      blue += tap[2] * weights[j];
    }
    out[0] = to_byte(red);
    out[1] = to_byte(green);
    out[2] = to_byte(blue);
  }
}

std::size_t row_size(int width) { return static_cast<std::size_t>(width) * 3; }

}  // namespace

RowResizer::RowResizer(ImageSize from, ImageSize to, ResizeOrder order)
    : order_(order),
      columns_(axis_weights(from.width, to.width)),
      rows_(axis_weights(from.height, to.height)),
      out_{to, std::vector<std::uint8_t>(row_size(to.width) * static_cast<std::size_t>(to.height))},
      row_size_(row_size(order == ResizeOrder::kColumnsFirst ? to.width : from.width)),
      row_(row_size_),
      n_open_(most_open(rows_)) {
  sums_.resize(row_size_ * static_cast<std::size_t>(n_open_));
}

std::uint64_t RowResizer::working_bytes(ImageSize from, ImageSize to) {
  TENFOLD_DCHECK(std::min({from.width, from.height, to.width, to.height}) >= 1);
  const auto axis_bytes = [](int before, int after) {  // of weights and taps
    const std::uint64_t n_taps = 4 * static_cast<std::uint64_t>(std::max(1, before / after + 1)) + 3;
    return static_cast<std::uint64_t>(after) * (4 * n_taps + 16);
  };
  const auto n_open = 5 * static_cast<std::uint64_t>(to.height / from.height + 1);
  const std::uint64_t row = row_size(std::max(from.width, to.width));
  return axis_bytes(from.width, to.width) + axis_bytes(from.height, to.height) + row * (4 * n_open + 1);
}

void RowResizer::put(const std::uint8_t* row) {
  TENFOLD_DCHECK(!is_complete());
  const std::uint8_t* narrow = row;
  if (columns_first()) {
    resize_row(columns_, row, row_.data());
    narrow = row_.data();
  }
  if (!rows_.taps.empty()) {
    add(narrow);
  } else if (columns_second()) {
    resize_row(columns_, narrow, out_.row(next_));
  } else {
    std::memcpy(out_.row(next_), narrow, row_size_);
  }
  ++next_;
}

std::int32_t* RowResizer::sums_of(int y) { return sums_.data() + static_cast<std::size_t>(y % n_open_) * row_size_; }

// Adds a row to those of the result that it is part of, and finishes those that it is the last of.
void RowResizer::add(const std::uint8_t* row) {
  const auto n_rows = static_cast<int>(rows_.taps.size());
  for (; begun_ < n_rows && rows_.taps[static_cast<std::size_t>(begun_)].first <= next_; ++begun_) {
    std::fill_n(sums_of(begun_), row_size_, kHalf);
  }
  for (int y = finished_; y < begun_; ++y) {
    const auto [first, n] = rows_.taps[static_cast<std::size_t>(y)];
    const std::int32_t weight = rows_.at(y)[next_ - first];
    std::int32_t* sums = sums_of(y);
    for (std::size_t i = 0; i < row_size_; ++i) sums[i] += row[i] * weight;
    if (next_ + 1 < first + n) continue;
    std::uint8_t* done = columns_second() ? row_.data() : out_.row(y);
    for (std::size_t i = 0; i < row_size_; ++i) done[i] = to_byte(sums[i]);
    if (columns_second()) resize_row(columns_, done, out_.row(y));
    ++finished_;
  }
}

RgbImage resize_bicubic(const RgbImage& image, ImageSize size) {
  RowResizer resizer(image.size, size, ResizeOrder::kColumnsFirst);
  for (int y = 0; y < image.size.height; ++y) resizer.put(image.row(y));
  return resizer.take();
}

}  // namespace tenfold
