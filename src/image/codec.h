// What decode_image.cc asks of a format's library. Sizes are as stored, before any turning.
#pragma once

#include <span>

#include "image/rgb_image.h"
#include "tenfold/status.h"

namespace tenfold::image_codec {

Result<ImageSize> png_size(std::span<const std::byte> file);
Result<RgbImage> png_decode(std::span<const std::byte> file, ImageSize size);

// These are kUnsupported in a build without libjpeg-turbo or libwebp.
Result<ImageSize> jpeg_size(std::span<const std::byte> file);
Result<RgbImage> jpeg_decode(std::span<const std::byte> file, ImageSize size);
Result<ImageSize> webp_size(std::span<const std::byte> file);
Result<RgbImage> webp_decode(std::span<const std::byte> file, ImageSize size);

}  // namespace tenfold::image_codec
