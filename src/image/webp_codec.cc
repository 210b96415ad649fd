// WebP by libwebp, where the build found it.
#include "base/error.h"
#include "image/codec.h"

#ifdef TENFOLD_WEBP
#include <webp/decode.h>
#endif

namespace tenfold::image_codec {

#ifdef TENFOLD_WEBP

namespace {

const std::uint8_t* bytes_of(std::span<const std::byte> file) {
  return reinterpret_cast<const std::uint8_t*>(file.data());
}

}  // namespace

Result<ImageSize> webp_size(std::span<const std::byte> file) {
  WebPBitstreamFeatures features{};
  const VP8StatusCode code = WebPGetFeatures(bytes_of(file), file.size(), &features);
  if (code != VP8_STATUS_OK) {
    return corrupt_data("image: expected a whole WebP header, found one that libwebp refuses (", static_cast<int>(code),
                        ")");
  }
  if (features.has_animation != 0) return unsupported("image: expected a still picture, found an animated WebP");
  return ImageSize{features.width, features.height};
}

Result<RgbImage> webp_decode(std::span<const std::byte> file, ImageSize size) {
  RgbImage image{size, std::vector<std::uint8_t>(static_cast<std::size_t>(size.n_pixels()) * 3)};
  const int stride = size.width * 3;
  if (WebPDecodeRGBInto(bytes_of(file), file.size(), image.pixels.data(), image.pixels.size(), stride) == nullptr) {
    return corrupt_data("image: expected a whole WebP picture, found one that libwebp refuses");
  }
  return image;
}

#else

Result<ImageSize> webp_size(std::span<const std::byte>) {
  return unsupported("image: expected PNG or JPEG, found WebP, which this build of Tenfold has no library for");
}

Result<RgbImage> webp_decode(std::span<const std::byte> file, ImageSize) { return webp_size(file).status(); }

#endif

}  // namespace tenfold::image_codec
