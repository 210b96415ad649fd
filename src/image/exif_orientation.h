// The way a camera was held, as its JPEG says, and turning the picture upright.
#pragma once

#include <span>

#include "image/rgb_image.h"

namespace tenfold {

// 1…8 as the Exif tag numbers them; 1 (as it is) for a file that says nothing that can be understood.
int exif_orientation(std::span<const std::byte> jpeg);

// The size of a picture once it is turned.
ImageSize upright_size(ImageSize size, int orientation);
RgbImage turn_upright(RgbImage image, int orientation);

}  // namespace tenfold
