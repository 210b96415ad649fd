// PNG, JPEG and WebP files as pixels. The bytes are hostile: size and memory are bounded before anything is decoded.
//
// Thread-safe. A picture is what a viewer shows: transparency is dropped as it is (the colour below it stays), 16 bits
// a channel become their upper 8, grey becomes three equal channels, and a JPEG is turned the way its Exif tag says.
#pragma once

#include <span>

#include "image/rgb_image.h"
#include "tenfold/status.h"

namespace tenfold {

inline constexpr std::size_t kMaxImageBytes = std::size_t{128} << 20;  // of a file
inline constexpr int kMaxImageSide = 65535;
inline constexpr std::int64_t kMaxImagePixels = std::int64_t{1} << 26;

// The size of the decoded picture, from the file's header alone.
// Errors: kUnsupported for another format, naming those that can be read; kCorruptData; kResourceExhausted past a
// limit.
Result<ImageSize> read_image_size(std::span<const std::byte> file);

// Errors: the same; kResourceExhausted if decoding needs more memory than such a picture can.
Result<RgbImage> decode_image(std::span<const std::byte> file);

}  // namespace tenfold
