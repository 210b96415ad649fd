// Which format a file's first bytes are of.
#pragma once

#include <cstddef>
#include <span>

#include "tenfold/status.h"

namespace tenfold {

enum class ImageFormat { kPng, kJpeg, kWebp };

// Errors: kUnsupported, naming what was found where that is a format that people take for an image's. Thread-safe.
Result<ImageFormat> image_format(std::span<const std::byte> file);

}  // namespace tenfold
