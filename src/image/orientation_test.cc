#include "image/orientation.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tenfold {
namespace {

std::vector<std::byte> tag_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// Directories of one tag, in either byte order.
const std::string kBig("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", 26);
const std::string kLittle("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0\0", 26);
constexpr std::string_view kPrefix("Exif\0\0", 6);

int of_exif(std::string_view exif) { return orientation_of({tag_bytes(exif), {}}); }
int of_xmp(std::string_view xmp) { return orientation_of({{}, tag_bytes(xmp)}); }

TEST(OrientationTest, ReadsBothByteOrders) {
  EXPECT_EQ(of_exif(kBig), 6);
  EXPECT_EQ(of_exif(kLittle), 8);
  EXPECT_EQ(of_exif(std::string(kPrefix) + kBig), 6);
  EXPECT_EQ(of_exif(std::string(kPrefix) + std::string(kPrefix) + kLittle), 8);
}

TEST(OrientationTest, TakesWholeNumbersOfEachWidth) {
  std::string as_long = kLittle, as_byte = kLittle, as_text = kLittle;
  as_long[12] = 4;
  as_byte[12] = 1;
  as_text[12] = 2;
  EXPECT_EQ(of_exif(as_long), 8);
  EXPECT_EQ(of_exif(as_byte), 8);
  EXPECT_EQ(of_exif(as_text), 1);
  as_long[20] = 1;  // 65544
  EXPECT_EQ(of_exif(as_long), 1);
  for (int value = 0; value < 256; ++value) {
    std::string exif = kBig;
    exif[19] = static_cast<char>(value);
    EXPECT_EQ(of_exif(exif), value >= 1 && value <= 8 ? value : 1);
  }
}

TEST(OrientationTest, AnythingBrokenSaysNothing) {
  constexpr std::size_t kTagEnd = 22;
  for (const std::string& exif : {kBig, kLittle}) {
    for (std::size_t n = 0; n < kTagEnd; ++n) EXPECT_EQ(of_exif(std::string_view(exif).substr(0, n)), 1) << n;
  }
  std::string far = kBig, many = kBig;
  far[4] = '\x7F';  // the directory lies two gigabytes on
  EXPECT_EQ(of_exif(far), 1);
  many[8] = many[9] = '\xFF';  // entries that are not there
  many[11] = 0;
  EXPECT_EQ(of_exif(many), 1);
  EXPECT_EQ(of_exif("XX*\0\x08\0\0\0"), 1);
}

TEST(OrientationTest, XmpIsAskedWhereExifDoesNotSay) {
  EXPECT_EQ(of_xmp("<a tiff:Orientation=\"6\"/>"), 6);
  EXPECT_EQ(of_xmp("<tiff:Orientation>3</tiff:Orientation>"), 3);
  EXPECT_EQ(of_xmp("tiff:Orientation tiff:Orientation=x <tiff:Orientation>8"), 8);
  for (const char* text : {"", "tiff:Orientation", "tiff:Orientation=\"", "tiff:Orientation>", "tiff:Orientation=\"x",
                           "tiff:Orientation=\"9\"", "tiff:Orientation>0"}) {
    EXPECT_EQ(of_xmp(text), 1) << text;
  }
  EXPECT_EQ(orientation_of({tag_bytes(kBig), tag_bytes("tiff:Orientation=\"3\"")}), 6);
}

// The image  1 2 3   whose pixels are told by their red.
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

TEST(OrientationTest, TurnsEachOfTheEightWays) {
  const char* const expected[] = {"123/456",  "321/654",  "654/321",  "456/123",
                                  "14/25/36", "41/52/63", "63/52/41", "36/25/14"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const RgbImage upright = turn_upright(six_pixels(), orientation);
    EXPECT_EQ(reds(upright), expected[orientation - 1]) << orientation;
    EXPECT_EQ(upright.size, turned_size({3, 2}, orientation));
  }
}

}  // namespace
}  // namespace tenfold
