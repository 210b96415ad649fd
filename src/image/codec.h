// What decode_image.cc asks of a format's library. Sizes are as stored, before any turning.
//
// Images come row by row, so that one of hundreds of megapixels takes no more memory than some of its rows: where the
// file's own order needs all of it at once (interlaced PNG, progressive JPEG, WebP), codec_bytes says so.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "image/byte_reading.h"
#include "image/rgb_image.h"
#include "tenfold/status.h"

namespace tenfold::image_codec {

// A file's header.
struct Header {
  ImageSize size;
  std::uint64_t codec_bytes = 0;  // of memory at most while it is decoded, beside the file
};

// An image that is being decoded. It reads the file's bytes, which outlive it. One thread at a time.
class Rows {
 public:
  virtual ~Rows() = default;
  // The next one from the top, as many times as the image has rows: [width, 3]. Errors: kCorruptData;
  // kResourceExhausted if memory is short; kCancelled.
  virtual Status read(std::uint8_t* rgb) = 0;
};

Result<Header> png_header(Bytes file);
Result<std::unique_ptr<Rows>> png_rows(Bytes file, const std::atomic<bool>& cancel);

// These are kUnsupported in a build without libjpeg-turbo or libwebp.
Result<Header> jpeg_header(Bytes file);
Result<std::unique_ptr<Rows>> jpeg_rows(Bytes file, const std::atomic<bool>& cancel);
Result<Header> webp_header(Bytes file);
Result<std::unique_ptr<Rows>> webp_rows(Bytes file, const std::atomic<bool>& cancel);

// What a zlib stream holds, `max_bytes` at most; nothing if it is broken or longer.
std::vector<std::byte> inflate(Bytes packed, std::size_t max_bytes);

inline Status cancelled_image() { return {StatusCode::kCancelled, "the image was cancelled while it was decoded"}; }

}  // namespace tenfold::image_codec
