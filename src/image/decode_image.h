// PNG, JPEG and WebP files as pixels. The bytes are hostile: size and memory are bounded before anything is decoded.
//
// Thread-safe. An image is what models' own processors make of it: what is transparent shows white, 16 bits a channel
// become their upper 8, grey becomes three equal channels, the image is turned the way its Exif tag says, and of an
// animation there is the first frame.
#pragma once

#include <atomic>
#include <span>

#include "image/rgb_image.h"
#include "tenfold/status.h"

namespace tenfold {

inline constexpr std::size_t kMaxImageBytes = std::size_t{128} << 20;  // of a file
inline constexpr int kMaxImageSide = 65535;
inline constexpr std::int64_t kMaxImagePixels = std::int64_t{1} << 28;  // phones take 200 megapixels

struct ImageInfo {
  ImageSize size;                 // of the decoded image
  bool is_animation = false;      // it is the first of several
  int orientation = 1;            // how it is to be turned, see orientation_of
  std::uint64_t codec_bytes = 0;  // of memory that its format's library takes at most
};

// From the file's header and its chunks, without decoding.
// Errors: kUnsupported for another format, naming it and those that can be read; kCorruptData; kResourceExhausted past
// a limit.
Result<ImageInfo> read_image_info(std::span<const std::byte> file);

// Memory that decode_image to that size takes at most, its result included, beside the file.
std::uint64_t decode_bytes(const ImageInfo& info, ImageSize size);

// Errors: the same; kResourceExhausted if decoding needs more memory than there is.
Result<RgbImage> decode_image(std::span<const std::byte> file);

// The same as resize_bicubic(decode_image(file), size), without ever having all of the larger image in memory where
// its format comes row by row. `cancel` is looked at between rows.
// Errors: also kCancelled.
Result<RgbImage> decode_image(std::span<const std::byte> file, ImageSize size, const std::atomic<bool>& cancel);

}  // namespace tenfold
