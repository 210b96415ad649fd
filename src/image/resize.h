// Resizing a picture as Pillow does it for models' own processors, to the bit (Pillow 13 takes rows first where that is
// quicker; models were trained with those before it).
#pragma once

#include "image/rgb_image.h"

namespace tenfold {

// Bicubic (a = −0.5) with the filter as wide as the picture shrinks: columns first, then rows, each result rounded to 8
// bits, weights in fixed point of 22 bits. size: at least one pixel. Thread-safe.
RgbImage resize_bicubic(const RgbImage& image, ImageSize size);

}  // namespace tenfold
