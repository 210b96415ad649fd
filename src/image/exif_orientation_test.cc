#include "image/exif_orientation.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tenfold {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

// A JPEG's beginning with an orientation tag, in either byte order.
std::string jpeg_with(std::string tiff) {
  std::string exif = std::string("Exif\0\0", 6) + std::move(tiff);
  const std::size_t length = exif.size() + 2;
  return std::string("\xFF\xD8\xFF\xE1", 4) + static_cast<char>(length >> 8) + static_cast<char>(length & 0xFF) + exif;
}

const std::string kBig("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", 26);
const std::string kLittle("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0\0", 26);

TEST(ExifOrientationTest, ReadsBothByteOrders) {
  EXPECT_EQ(exif_orientation(bytes_of(jpeg_with(kBig))), 6);
  EXPECT_EQ(exif_orientation(bytes_of(jpeg_with(kLittle))), 8);
}

TEST(ExifOrientationTest, AnythingBrokenSaysNothing) {
  for (const std::string& tiff : {kBig, kLittle}) {
    const std::string whole = jpeg_with(tiff);
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const int orientation = exif_orientation(bytes_of(std::string_view(whole).substr(0, n)));
      EXPECT_EQ(orientation, 1) << n;
    }
  }
  std::string far = kBig;
  far[4] = '\x7F';  // the directory lies two gigabytes on
  EXPECT_EQ(exif_orientation(bytes_of(jpeg_with(far))), 1);
}

// The picture  1 2 3   whose pixels are told by their red.
//              4 5 6
RgbImage six_pixels() {
  RgbImage image{{3, 2}, std::vector<std::uint8_t>(18)};
  for (std::size_t i = 0; i < 6; ++i) image.pixels[3 * i] = static_cast<std::uint8_t>(i + 1);
  return image;
}

std::string reds(const RgbImage& image) {
  std::string text;
  for (int y = 0; y < image.size.height; ++y) {
    if (y > 0) text += '/';
    for (int x = 0; x < image.size.width; ++x) text += static_cast<char>('0' + image.row(y)[3 * x]);
  }
  return text;
}

TEST(ExifOrientationTest, TurnsEachOfTheEightWays) {
  const char* const expected[] = {"123/456",  "321/654",  "654/321",  "456/123",
                                  "14/25/36", "41/52/63", "63/52/41", "36/25/14"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const RgbImage upright = turn_upright(six_pixels(), orientation);
    EXPECT_EQ(reds(upright), expected[orientation - 1]) << orientation;
    EXPECT_EQ(upright.size, upright_size({3, 2}, orientation));
  }
}

}  // namespace
}  // namespace tenfold
