// The chunks of a WebP file (RIFF): what is beside its pixels, and where the first frame of an animation lies.
#pragma once

#include "image/byte_reading.h"
#include "image/rgb_image.h"

namespace tenfold {

struct WebpContainer {
  Bytes exif, xmp;
  int n_frames = 0;       // of an animation; 0: a still image
  Bytes frame;            // the chunks of the first one
  int left = 0, top = 0;  // its place on the canvas
};

// A file that breaks off says what it says until there. Thread-safe.
WebpContainer read_webp_container(Bytes file);

}  // namespace tenfold
