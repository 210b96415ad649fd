// Resizing an image as Pillow does it for models' own processors, to the bit (Pillow 13 takes rows first where that is
// quicker; models were trained with those before it).
#pragma once

#include <utility>
#include <vector>

#include "base/contracts.h"
#include "image/rgb_image.h"

namespace tenfold {

// What each place of an axis of the result is made of.
struct AxisWeights {
  struct Taps {
    int first = 0;  // place in the source
    int n = 0;
  };
  std::vector<Taps> taps;             // empty: the axis stays as it is
  std::vector<std::int32_t> weights;  // [taps.size(), stride], fixed point
  std::size_t stride = 0;

  // i: a place of the result, where the axis changes.
  [[nodiscard]] const std::int32_t* at(int i) const {
    TENFOLD_DCHECK(i >= 0 && static_cast<std::size_t>(i) < taps.size());
    return weights.data() + static_cast<std::size_t>(i) * stride;
  }
};

// Which axis is done first, and rounded to 8 bits in between.
enum class ResizeOrder { kColumnsFirst, kRowsFirst };

// Bicubic (a = −0.5) with the filter as wide as the image shrinks, weights in fixed point of 22 bits. Takes the
// image's rows one by one and keeps the sums of the few results that a row is part of, never the image. One thread
// at a time.
class RowResizer {
 public:
  // from, to: at least one pixel.
  RowResizer(ImageSize from, ImageSize to, ResizeOrder order);

  // The next of from.height rows: [from.width, 3].
  void put(const std::uint8_t* row);
  // The result, once all rows are in. The last call.
  RgbImage take() {
    TENFOLD_DCHECK(is_complete());
    return std::move(out_);
  }

  // Memory beside the result; likewise.
  static std::uint64_t working_bytes(ImageSize from, ImageSize to);

 private:
  [[nodiscard]] bool is_complete() const { return (rows_.taps.empty() ? next_ : finished_) == out_.size.height; }
  void add(const std::uint8_t* row);
  [[nodiscard]] std::int32_t* sums_of(int y);
  [[nodiscard]] bool columns_first() const { return order_ == ResizeOrder::kColumnsFirst && !columns_.taps.empty(); }
  [[nodiscard]] bool columns_second() const { return order_ == ResizeOrder::kRowsFirst && !columns_.taps.empty(); }

  ResizeOrder order_;
  AxisWeights columns_, rows_;
  RgbImage out_;
  std::size_t row_size_ = 0;        // of what the rows' sums are made of
  std::vector<std::uint8_t> row_;   // between the two axes
  std::vector<std::int32_t> sums_;  // [n_open_, row_size_], of the result's rows in turn
  int n_open_ = 0;                  // most rows of the result that one of the source is part of
  int next_ = 0;                    // row of the source
  int begun_ = 0, finished_ = 0;    // rows of the result
};

// Columns first, as Pillow. Both sizes: at least one pixel. Thread-safe.
RgbImage resize_bicubic(const RgbImage& image, ImageSize size);

}  // namespace tenfold
