#include "image/exif_orientation.h"

#include <cstring>
#include <string_view>
#include <utility>

namespace tenfold {

namespace {

using Bytes = std::span<const std::byte>;

// Numbers within a span; 0 past its end, so that a broken file reads as one that says nothing.
unsigned byte_at(Bytes bytes, std::size_t at) { return at < bytes.size() ? std::to_integer<unsigned>(bytes[at]) : 0; }

unsigned u16_at(Bytes bytes, std::size_t at, bool little) {
  const unsigned a = byte_at(bytes, at), b = byte_at(bytes, at + 1);
  return little ? a | b << 8U : a << 8U | b;
}

std::size_t u32_at(Bytes bytes, std::size_t at, bool little) {
  const std::size_t a = u16_at(bytes, at, little), b = u16_at(bytes, at + 2, little);
  return little ? a | b << 16U : a << 16U | b;
}

bool starts_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

// The orientation in a TIFF header's first directory.
int tiff_orientation(Bytes tiff) {
  constexpr unsigned kOrientation = 0x0112, kShort = 3;
  const bool little = starts_with(tiff, "II*\0");
  if (!little && !starts_with(tiff, std::string_view("MM\0*", 4))) return 1;
  const std::size_t directory = u32_at(tiff, 4, little);
  const unsigned n_entries = u16_at(tiff, directory, little);
  for (unsigned i = 0; i < n_entries; ++i) {
    const std::size_t entry = directory + 2 + std::size_t{12} * i;
    if (entry + 12 > tiff.size()) return 1;
    if (u16_at(tiff, entry, little) != kOrientation || u16_at(tiff, entry + 2, little) != kShort) continue;
    const unsigned value = u16_at(tiff, entry + 8, little);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

bool swaps_sides(int orientation) { return orientation >= 5; }

}  // namespace

int exif_orientation(Bytes jpeg) {
  constexpr unsigned kApp1 = 0xE1, kStartOfScan = 0xDA;
  constexpr std::string_view kExif("Exif\0\0", 6);
  std::size_t at = 2;  // past the start-of-image marker
  while (at + 4 <= jpeg.size() && byte_at(jpeg, at) == 0xFF) {
    const unsigned marker = byte_at(jpeg, at + 1);
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    const std::size_t length = u16_at(jpeg, at + 2, /*little=*/false);
    if (marker == kStartOfScan || length < 2 || length > jpeg.size() - at - 2) return 1;
    const Bytes body = jpeg.subspan(at + 4, length - 2);
    if (marker == kApp1 && starts_with(body, kExif)) return tiff_orientation(body.subspan(kExif.size()));
    at += 2 + length;
  }
  return 1;
}

ImageSize upright_size(ImageSize size, int orientation) {
  return swaps_sides(orientation) ? ImageSize{size.height, size.width} : size;
}

RgbImage turn_upright(RgbImage image, int orientation) {
  if (orientation <= 1) return image;
  const bool swap = swaps_sides(orientation);
  // Whether the upright picture's columns and rows run backwards along the stored ones.
  const bool flip_x = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool flip_y = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  RgbImage upright{upright_size(image.size, orientation), std::vector<std::uint8_t>(image.pixels.size())};
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
