#include "image/decode_image.h"

#include <cstring>
#include <string_view>

#include "base/error.h"
#include "image/codec.h"
#include "image/exif_orientation.h"

namespace tenfold {

namespace {

enum class Format { kPng, kJpeg, kWebp };

struct Codec {
  Result<ImageSize> (*size)(std::span<const std::byte> file);
  Result<RgbImage> (*decode)(std::span<const std::byte> file, ImageSize size);
};

Codec codec_of(Format format) {
  switch (format) {
    case Format::kPng: return {image_codec::png_size, image_codec::png_decode};
    case Format::kJpeg: return {image_codec::jpeg_size, image_codec::jpeg_decode};
    case Format::kWebp: return {image_codec::webp_size, image_codec::webp_decode};
  }
  return {};
}

Result<Format> format_of(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return Format::kPng;
  if (text.starts_with("\xFF\xD8\xFF")) return Format::kJpeg;
  if (text.starts_with("RIFF") && text.substr(0, 12).ends_with("WEBP")) return Format::kWebp;
  return unsupported("image: expected PNG, JPEG or WebP, found ", text.empty() ? "nothing" : "bytes that begin with ",
                     printable(text.substr(0, 8)));
}

// What the file holds, by its header.
struct Header {
  Format format = Format::kPng;
  ImageSize stored;
  int orientation = 1;
};

Result<Header> read_header(std::span<const std::byte> file) {
  if (file.size() > kMaxImageBytes) {
    return resource_exhausted("image: expected at most ", kMaxImageBytes, " bytes, found ", file.size());
  }
  Header header;
  TENFOLD_ASSIGN_OR_RETURN(header.format, format_of(file));
  TENFOLD_ASSIGN_OR_RETURN(header.stored, codec_of(header.format).size(file));
  const ImageSize size = header.stored;
  if (size.width < 1 || size.height < 1) {
    return corrupt_data("image: expected at least one pixel, found ", size.width, " by ", size.height);
  }
  if (size.width > kMaxImageSide || size.height > kMaxImageSide || size.n_pixels() > kMaxImagePixels) {
    return resource_exhausted("image: expected sides of at most ", kMaxImageSide, " and at most ", kMaxImagePixels,
                              " pixels, found ", size.width, " by ", size.height);
  }
  if (header.format == Format::kJpeg) header.orientation = exif_orientation(file);
  return header;
}

}  // namespace

Result<ImageSize> read_image_size(std::span<const std::byte> file) {
  TENFOLD_ASSIGN_OR_RETURN(const Header header, read_header(file));
  return upright_size(header.stored, header.orientation);
}

Result<RgbImage> decode_image(std::span<const std::byte> file) {
  TENFOLD_ASSIGN_OR_RETURN(const Header header, read_header(file));
  TENFOLD_ASSIGN_OR_RETURN(RgbImage image, codec_of(header.format).decode(file, header.stored));
  return turn_upright(std::move(image), header.orientation);
}

}  // namespace tenfold
