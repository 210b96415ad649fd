// Images of every kind beside the pixels that models' own processors see in them: tools/make_image_goldens.py.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "image/decode_image.h"
#include "image/resize.h"

namespace tenfold {
namespace {

const std::string kFolder = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/images/kinds/";

std::string read_file(const std::string& name) {
  std::ifstream in(kFolder + name, std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::span<const std::byte> file_bytes(const std::string& file) { return std::as_bytes(std::span(file)); }

RgbImage decoded(const std::string& name) {
  const std::string file = read_file(name);
  auto image = decode_image(file_bytes(file));
  EXPECT_TRUE(image.ok()) << name << ": " << image.status().to_string();
  return image.ok() ? std::move(image).value() : RgbImage{};
}

bool can_be_read([[maybe_unused]] const std::string& name) {
#ifndef TENFOLD_JPEG
  if (name.ends_with(".jpg")) return false;
#endif
#ifndef TENFOLD_WEBP
  if (name.ends_with(".webp")) return false;
#endif
  return true;
}

// Pairs of an image and what is right.
std::vector<std::pair<std::string, std::string>> images() {
  std::ifstream in(kFolder + "kinds.txt");
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string name, right;
  while (in >> name >> right) {
    if (can_be_read(name)) pairs.emplace_back(name, right);
  }
  EXPECT_GE(pairs.size(), 30U);
  return pairs;
}

TEST(ImageKindsTest, ArePixelForPixelWhatProcessorsSee) {
  for (const auto& [name, right] : images()) {
    const RgbImage found = decoded(name), expected = decoded(right);
    ASSERT_EQ(found.size, expected.size) << name;
    int worst = 0;
    for (std::size_t i = 0; i < found.pixels.size(); ++i) {
      worst = std::max(worst, std::abs(found.pixels[i] - expected.pixels[i]));
    }
    EXPECT_EQ(worst, 0) << name;
  }
}

TEST(ImageKindsTest, SizeAndAnimationAreSaidBeforeDecoding) {
  for (const auto& [name, right] : images()) {
    const std::string file = read_file(name);
    const auto info = read_image_info(file_bytes(file));
    ASSERT_TRUE(info.ok()) << name;
    EXPECT_EQ(info->size, (ImageSize{24, 16})) << name;
    EXPECT_EQ(info->is_animation, name.starts_with("animated") || name == "within.webp") << name;
  }
}

// Rows are resized as they come, whichever way the image lies.
TEST(ImageKindsTest, DecodedToASizeIsDecodedAndThenResized) {
  const std::atomic<bool> never = false;
  for (const auto& [name, right] : images()) {
    const std::string file = read_file(name);
    for (const ImageSize size : {ImageSize{24, 16}, {7, 5}, {24, 5}, {11, 16}, {40, 9}, {5, 33}, {1, 1}, {50, 47}}) {
      const auto found = decode_image(file_bytes(file), size, never);
      ASSERT_TRUE(found.ok()) << name << ": " << found.status().to_string();
      ASSERT_EQ(found->size, size) << name;
      EXPECT_EQ(found->pixels, resize_bicubic(decoded(name), size).pixels) << name << " " << size.width;
    }
  }
}

// Nothing after the last row of pixels is needed.
TEST(ImageKindsTest, APngWithoutItsEndIsShown) {
  constexpr std::size_t kEndChunk = 12;
  for (const auto& [name, right] : images()) {
    if (!name.ends_with(".png") || name == "no-iend.png") continue;
    const std::string file = read_file(name);
    const auto image = decode_image(file_bytes(file).first(file.size() - kEndChunk));
    ASSERT_TRUE(image.ok()) << name << ": " << image.status().to_string();
    EXPECT_EQ(image->pixels, decoded(right).pixels) << name;
  }
}

// A file that breaks off anywhere is an error with a reason, or shown if its pixels are whole.
TEST(ImageKindsTest, BrokenOffAnywhere) {
  for (const auto& [name, right] : images()) {
    const std::string file = read_file(name);
    const RgbImage expected = decoded(name);
    for (std::size_t n = file.size() % 5; n < file.size(); n += 5) {
      const auto image = decode_image(file_bytes(file).first(n));
      if (image.ok()) {
        EXPECT_EQ(image->size.n_pixels(), expected.size.n_pixels()) << name << " " << n;
      } else {
        EXPECT_FALSE(image.status().message().ends_with(": ")) << name << " " << n;
      }
    }
  }
}

TEST(ImageKindsTest, CancelStopsEachFormat) {
  const std::atomic<bool> cancel = true;
  for (const auto& [name, right] : images()) {
    const std::string file = read_file(name);
    EXPECT_EQ(decode_image(file_bytes(file), {5, 5}, cancel).status().code(), StatusCode::kCancelled) << name;
  }
}

}  // namespace
}  // namespace tenfold
