// Finds what JPEG, PNG and WebP files say beside their pixels, wherever Pillow looks for it (models' own processors
// turn images with it). A broken file says nothing; time is that of one walk over its chunks. Thread-safe.
#pragma once

#include <vector>

#include "image/byte_reading.h"
#include "image/image_format.h"

namespace tenfold {

struct ImageMetadata {
  std::vector<std::byte> exif;  // a TIFF header and its directories; "Exif\0\0" may be before it
  std::vector<std::byte> xmp;   // XML
  bool is_animation = false;    // its image is the first of several
};

ImageMetadata read_metadata(ImageFormat format, Bytes file);

}  // namespace tenfold
