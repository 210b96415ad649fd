// The way a camera was held, and turning an image upright.
#pragma once

#include "image/metadata.h"
#include "image/rgb_image.h"

namespace tenfold {

// 1…8 as the Exif tag numbers them; 1 (as it is) where nothing is said that can be understood. XMP is asked where Exif
// has no such tag. Thread-safe.
int orientation_of(const ImageMetadata& metadata);

inline bool lies_on_its_side(int orientation) { return orientation >= 5; }

// The size of an image once it is turned, and of one that becomes that size when it is turned. orientation: 1…8.
ImageSize turned_size(ImageSize size, int orientation);
RgbImage turn_upright(RgbImage image, int orientation);

}  // namespace tenfold
