#include "image/decode_image.h"

#include <cstring>

#include "base/error.h"
#include "image/codec.h"
#include "image/image_format.h"
#include "image/orientation.h"
#include "image/resize.h"

namespace tenfold {

namespace {

struct Codec {
  Result<image_codec::Header> (*header)(Bytes file);
  Result<std::unique_ptr<image_codec::Rows>> (*rows)(Bytes file, const std::atomic<bool>& cancel);
};

Codec codec_of(ImageFormat format) {
  using namespace image_codec;
  switch (format) {
    case ImageFormat::kPng: return {png_header, png_rows};
    case ImageFormat::kJpeg: return {jpeg_header, jpeg_rows};
    case ImageFormat::kWebp: return {webp_header, webp_rows};
  }
  return {};
}

Status expect_within_limits(ImageSize size) {
  if (size.width < 1 || size.height < 1) {
    return corrupt_data("image: expected at least one pixel, found ", size.width, " by ", size.height);
  }
  if (size.width > kMaxImageSide || size.height > kMaxImageSide || size.n_pixels() > kMaxImagePixels) {
    return resource_exhausted("image: expected sides of at most ", kMaxImageSide, " and at most ", kMaxImagePixels,
                              " pixels, found ", size.width, " by ", size.height, "; use a smaller image");
  }
  return {};
}

}  // namespace

Result<ImageInfo> read_image_info(Bytes file) {
  if (file.size() > kMaxImageBytes) {
    return resource_exhausted("image: expected at most ", kMaxImageBytes, " bytes, found ", file.size());
  }
  TENFOLD_ASSIGN_OR_RETURN(const ImageFormat format, image_format(file));
  TENFOLD_ASSIGN_OR_RETURN(const image_codec::Header header, codec_of(format).header(file));
  TENFOLD_RETURN_IF_ERROR(expect_within_limits(header.size));
  const ImageMetadata metadata = read_metadata(format, file);
  const int orientation = orientation_of(metadata);
  return ImageInfo{turned_size(header.size, orientation), metadata.is_animation, orientation, header.codec_bytes};
}

std::uint64_t decode_bytes(const ImageInfo& info, ImageSize size) {
  const ImageSize stored = turned_size(info.size, info.orientation);
  const std::uint64_t result = 3 * static_cast<std::uint64_t>(size.n_pixels());
  const std::uint64_t row = 3 * static_cast<std::uint64_t>(stored.width);
  return info.codec_bytes + row + RowResizer::working_bytes(stored, turned_size(size, info.orientation)) +
         (info.orientation > 1 ? 2 : 1) * result;
}

Result<RgbImage> decode_image(Bytes file, ImageSize size, const std::atomic<bool>& cancel) {
  TENFOLD_ASSIGN_OR_RETURN(const ImageInfo info, read_image_info(file));
  TENFOLD_ASSIGN_OR_RETURN(const ImageFormat format, image_format(file));
  TENFOLD_ASSIGN_OR_RETURN(const auto rows, codec_of(format).rows(file, cancel));
  // The filter is symmetric: turning may wait until the image is small, if its columns and rows keep their turns.
  const ImageSize stored = turned_size(info.size, info.orientation);
  const ResizeOrder order = lies_on_its_side(info.orientation) ? ResizeOrder::kRowsFirst : ResizeOrder::kColumnsFirst;
  RowResizer resizer(stored, turned_size(size, info.orientation), order);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(stored.width) * 3);
  for (int y = 0; y < stored.height; ++y) {
    if (cancel.load(std::memory_order_relaxed)) return image_codec::cancelled_image();
    TENFOLD_RETURN_IF_ERROR(rows->read(row.data()));
    resizer.put(row.data());
  }
  return turn_upright(resizer.take(), info.orientation);
}

Result<RgbImage> decode_image(Bytes file) {
  TENFOLD_ASSIGN_OR_RETURN(const ImageInfo info, read_image_info(file));
  const std::atomic<bool> never = false;
  return decode_image(file, info.size, never);
}

}  // namespace tenfold
