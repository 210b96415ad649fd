#include "image/orientation.h"

#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/contracts.h"
#include "image/byte_reading.h"

namespace tenfold {

namespace {

constexpr unsigned kOrientationTag = 0x0112;

// Exif numbers are shorts; writers that take bytes or longs are understood by everybody.
std::optional<unsigned> whole_number(Bytes entry, Endian endian) {
  constexpr unsigned kByte = 1, kShort = 3, kLong = 4;
  switch (u16_at(entry, 2, endian)) {
    case kByte: return byte_at(entry, 8);
    case kShort: return u16_at(entry, 8, endian);
    case kLong: return static_cast<unsigned>(u32_at(entry, 8, endian));
    default: return std::nullopt;
  }
}

// The orientation in a TIFF header's first directory, where there is one.
std::optional<unsigned> exif_orientation(Bytes exif) {
  constexpr std::string_view kPrefix("Exif\0\0", 6);
  for (int i = 0; i < 2 && starts_with(exif, kPrefix); ++i) exif = exif.subspan(kPrefix.size());
  constexpr std::size_t kHeader = 8, kEntry = 12;
  if (exif.size() < kHeader) return std::nullopt;
  const Endian endian = starts_with(exif, "II") ? Endian::kLittle : Endian::kBig;
  if (endian == Endian::kBig && !starts_with(exif, "MM")) return std::nullopt;
  if (u16_at(exif, 2, Endian::kLittle) != 42 && u16_at(exif, 2, Endian::kBig) != 42) return std::nullopt;
  const std::size_t directory = u32_at(exif, 4, endian);
  const unsigned n_entries = u16_at(exif, directory, endian);
  for (unsigned i = 0; i < n_entries; ++i) {
    const std::size_t at = directory + 2 + kEntry * i;
    if (at + kEntry > exif.size()) break;
    const Bytes entry = exif.subspan(at, kEntry);
    if (u16_at(entry, 0, endian) == kOrientationTag) return whole_number(entry, endian);
  }
  return std::nullopt;
}

// tiff:Orientation="6" or <tiff:Orientation>6</tiff:Orientation>.
std::optional<unsigned> xmp_orientation(Bytes xmp) {
  constexpr std::string_view kName = "tiff:Orientation";
  const std::string_view text = text_of(xmp);
  for (std::size_t at = text.find(kName); at != std::string_view::npos; at = text.find(kName, at)) {
    at += kName.size();
    const std::string_view rest = text.substr(at);
    const std::size_t before = rest.starts_with("=\"") ? 2 : rest.starts_with('>') ? 1 : 0;
    if (before > 0 && before < rest.size() && rest[before] >= '0' && rest[before] <= '9') {
      return static_cast<unsigned>(rest[before] - '0');
    }
  }
  return std::nullopt;
}

}  // namespace

int orientation_of(const ImageMetadata& metadata) {
  std::optional<unsigned> found = exif_orientation(metadata.exif);
  if (!found) found = xmp_orientation(metadata.xmp);
  return found && *found >= 1 && *found <= 8 ? static_cast<int>(*found) : 1;
}

ImageSize turned_size(ImageSize size, int orientation) {
  TENFOLD_DCHECK(orientation >= 1 && orientation <= 8);
  return lies_on_its_side(orientation) ? ImageSize{size.height, size.width} : size;
}

RgbImage turn_upright(RgbImage image, int orientation) {
  TENFOLD_DCHECK(orientation >= 1 && orientation <= 8);
  if (orientation <= 1) return image;
  const bool swap = lies_on_its_side(orientation);
  // Whether the upright image's columns and rows run backwards along the stored ones.
  const bool flip_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool flip_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  RgbImage upright{turned_size(image.size, orientation), std::vector<std::uint8_t>(image.pixels.size())};
  for (int y = 0; y < upright.size.height; ++y) {
    std::uint8_t* out = upright.row(y);
    const int along_y = flip_y ? upright.size.height - 1 - y : y;
    for (int x = 0; x < upright.size.width; ++x, out += 3) {
      const int along_x = flip_x ? upright.size.width - 1 - x : x;
      const std::uint8_t* in = swap ? image.row(along_x) + along_y * 3 : image.row(along_y) + along_x * 3;
      std::memcpy(out, in, 3);
    }
  }
  return upright;
}

}  // namespace tenfold
