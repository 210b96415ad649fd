#include "image/resize.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "image/decode_image.h"

namespace tenfold {
namespace {

RgbImage read_image(const std::string& name) {
  std::ifstream in(std::string(TENFOLD_SOURCE_DIR) + "/tests/data/images/" + name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  auto image = decode_image(std::as_bytes(std::span(bytes)));
  EXPECT_TRUE(image.ok()) << name << ": " << image.status().to_string();
  return image.ok() ? std::move(image).value() : RgbImage{};
}

// picture-WxH.png is picture.png as Pillow resizes it.
TEST(ResizeTest, EqualsPillowToTheBit) {
  const RgbImage image = read_image("picture.png");
  for (const ImageSize size : {ImageSize{28, 84}, {56, 28}, {112, 84}, {97, 30}, {60, 131}, {150, 200}, {1, 1}}) {
    const RgbImage expected =
        read_image("picture-" + std::to_string(size.width) + "x" + std::to_string(size.height) + ".png");
    const RgbImage resized = resize_bicubic(image, size);
    ASSERT_EQ(resized.size, size);
    EXPECT_EQ(resized.pixels, expected.pixels) << size.width << " by " << size.height;
  }
}

TEST(ResizeTest, FlatColourStaysFlat) {
  for (const int value : {0, 1, 127, 255}) {
    const RgbImage flat{{37, 11}, std::vector<std::uint8_t>(37 * 11 * 3, static_cast<std::uint8_t>(value))};
    for (const ImageSize size : {ImageSize{5, 90}, {800, 2}, {37, 12}}) {
      for (const std::uint8_t found : resize_bicubic(flat, size).pixels) ASSERT_EQ(found, value);
    }
  }
}

TEST(ResizeTest, LongAndThin) {
  const RgbImage thin{{65535, 1}, std::vector<std::uint8_t>(std::size_t{65535} * 3, 9)};
  const RgbImage resized = resize_bicubic(thin, {28, 28});
  EXPECT_EQ(resized.pixels, std::vector<std::uint8_t>(std::size_t{28} * 28 * 3, 9));
}

}  // namespace
}  // namespace tenfold
