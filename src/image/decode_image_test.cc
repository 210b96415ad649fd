#include "image/decode_image.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include "image/data_url.h"
#include "image/png_testing.h"

namespace tenfold {
namespace {

// 16 by 8 pixels in four flat quarters: red, green, blue, light grey.
constexpr const char* kJpeg =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoK"
    "BggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK"
    "Cgr/wAARCAAIABADAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQID"
    "AAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlq"
    "c3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3"
    "+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEI"
    "FEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImK"
    "kpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD4"
    "D/4Xp/1K3/k9/wDYV+4f8SYf9T3/AMtf/vg/o7/ibP8A6k3/AJcf/cD9uP8Ah1z/ANVz/wDLZ/8Aumv4f/4gz/1Hf+Uv/uh/nH/xL9/1"
    "Mv8Ayj/91P/Z";
// The same, progressive, with an Exif tag that says it lies on its side (6).
constexpr const char* kTurnedJpeg =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAAIBAQEBAQIBAQECAgICAgQD"
    "AgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoK"
    "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wgARCAAIABADAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA"
    "Bwj/xAAWAQEBAQAAAAAAAAAAAAAAAAAHBgj/2gAMAwEAAhADEAAAAQG4R7cD84//xAAWEAEBAQAAAAAAAAAAAAAAAAAAFRf/2gAIAQEA"
    "AQUCusuf/8QAGREAAgMBAAAAAAAAAAAAAAAAABdkouKj/9oACAEDAQE/AWzD6YF/Jpo//8QAHBEAAQMFAAAAAAAAAAAAAAAAABYXY2Si"
    "o+Lj/9oACAECAQE/AWYrsXQRk9ux/8QAGRAAAQUAAAAAAAAAAAAAAAAAADQ1oqTi/9oACAEBAAY/Aksx8raP/8QAFhAAAwAAAAAAAAAA"
    "AAAAAAAAEPDx/9oACAEBAAE/IUkd/9oADAMBAAIAAwAAABAD/8QAFBEBAAAAAAAAAAAAAAAAAAAAEP/aAAgBAwEBPxA2f//EABQRAQAA"
    "AAAAAAAAAAAAAAAAABD/2gAIAQIBAT8QML//xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAE/EBV//9k=";
// The same in four inks, as Adobe writes them.
constexpr const char* kPrintJpeg =
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoKCgYI"
    "CwwLCgwJCgoK/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMF"
    "BQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldY"
    "WVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn"
    "6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwDi/wDiJo/6sn/8yR/97a/HeuL/AOIZf/q9j/zG/wD98q/fyuo/4hTv+r8v/MXf/fSv"
    "60P+Fbf9Rr/yW/8Asq6j/iFO/wCr8v8AzF3/AN9KK//Z";
constexpr const char* kWebp =
    "UklGRkAAAABXRUJQVlA4TDQAAAAvD8ABAB8gECBUqpcgSCBAvIkQqUmMQIDQJleTmPmP/siAAWG20SQnOcn7HUNE/6P0b/AB";
// Lossless, every pixel fully transparent.
constexpr const char* kTransparentWebp =
    "UklGRj4AAABXRUJQVlA4TDIAAAAvD8ABEB8gECBUqpcgSCBAvIkQqUmMQIDQJleTmIh+NDAQZhtNcpKTvN8xRPQ/Sv8GHw==";
// Every pixel fully transparent.
constexpr const char* kTransparentPng =
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAYAAADwdn+XAAAAK0lEQVR4nGM8ISfHgA+ErcIrzcCEX5owGHgDGOXkTuBVsG+fCG1dMPAG"
    "AABt3gSny0F+cgAAAABJRU5ErkJggg==";
constexpr const char* kPalettePng =
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAIAgMAAACNGJcEAAAADFBMVEXc3NweyB7IHh4eHsgTfBYDAAAAGUlEQVR4nGNcxbCagYmBgQGJ"
    "YPj/nwFdDABYuANhmysX2gAAAABJRU5ErkJggg==";
// 16-bit grey: pixel i is 500·i.
constexpr const char* kDeepPng =
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAIEAAAAACFjfwIAAAAOElEQVR4nGNkYGD8woQHMso7IHGwKGBBVsDkgKkUVQEWpSwKDvjdwCLv"
    "gM1gEtzAeOsAPguYvgAABJN0Z4sAkuIAAAAASUVORK5CYII=";

constexpr std::array<std::array<int, 3>, 4> kQuarters = {
    {{200, 30, 30}, {30, 200, 30}, {30, 30, 200}, {220, 220, 220}}};

std::vector<std::byte> file_of(const char* base64) { return std::move(decode_base64(base64)).value(); }

RgbImage decoded(std::span<const std::byte> file) {
  auto image = decode_image(file);
  EXPECT_TRUE(image.ok()) << image.status().to_string();
  if (!image.ok()) return {};
  EXPECT_EQ(read_image_info(file)->size, image->size);
  EXPECT_EQ(image->pixels.size(), static_cast<std::size_t>(image->size.n_pixels()) * 3);
  return std::move(image).value();
}

// The middle of each quarter of the upright image.
void expect_quarters(const RgbImage& image, const std::array<int, 4>& order, int tolerance) {
  for (std::size_t q = 0; q < 4; ++q) {
    const int x = image.size.width / 4 + (q % 2 == 1 ? image.size.width / 2 : 0);
    const int y = image.size.height / 4 + (q / 2 == 1 ? image.size.height / 2 : 0);
    const auto& expected = kQuarters[static_cast<std::size_t>(order[q])];
    for (int c = 0; c < 3; ++c) {
      const int found = image.row(y)[3 * x + c];
      EXPECT_LE(std::abs(found - expected[static_cast<std::size_t>(c)]), tolerance) << "quarter " << q << " of " << c;
    }
  }
}

RgbImage gradient(int width, int height) {
  RgbImage image{{width, height}, {}};
  image.pixels.resize(static_cast<std::size_t>(image.size.n_pixels()) * 3);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<std::uint8_t>(i * 7 + i / 91);
  return image;
}

TEST(DecodeImageTest, Png) {
  for (const auto& [width, height] : {std::pair{1, 1}, {5, 3}, {300, 200}}) {
    const RgbImage image = gradient(width, height);
    EXPECT_EQ(decoded(make_png(image)).pixels, image.pixels);
  }
  expect_quarters(decoded(file_of(kPalettePng)), {0, 1, 2, 3}, 0);
}

TEST(DecodeImageTest, WhatIsTransparentShowsWhite) {
  EXPECT_EQ(decoded(file_of(kTransparentPng)).pixels, std::vector<std::uint8_t>(16 * 8 * 3, 255));
}

TEST(DecodeImageTest, SixteenBitsBecomeTheUpperEight) {
  const RgbImage image = decoded(file_of(kDeepPng));
  for (std::size_t i = 0; i < 128; ++i) EXPECT_EQ(image.pixels[3 * i + i % 3], i * 500 / 256) << i;
}

// What a build without a format's library says.
[[maybe_unused]] void expect_refused(const char* base64, const char* format) {
  const Status status = decode_image(file_of(base64)).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_NE(status.message().find(format), std::string_view::npos) << status.to_string();
}

TEST(DecodeImageTest, JpegTurnedUpright) {
#ifdef TENFOLD_JPEG
  // Edges of the quarters cut through blocks, so a decoder may be some steps off.
  const RgbImage image = decoded(file_of(kJpeg));
  EXPECT_EQ(image.size, (ImageSize{16, 8}));
  expect_quarters(image, {0, 1, 2, 3}, 6);
  const RgbImage turned = decoded(file_of(kTurnedJpeg));
  EXPECT_EQ(turned.size, (ImageSize{8, 16}));
  expect_quarters(turned, {2, 0, 3, 1}, 6);
  expect_quarters(decoded(file_of(kPrintJpeg)), {0, 1, 2, 3}, 6);
#else
  expect_refused(kJpeg, "JPEG");
  expect_refused(kTurnedJpeg, "JPEG");
  expect_refused(kPrintJpeg, "JPEG");
#endif
}

TEST(DecodeImageTest, Webp) {
#ifdef TENFOLD_WEBP
  expect_quarters(decoded(file_of(kWebp)), {0, 1, 2, 3}, 0);
  EXPECT_EQ(decoded(file_of(kTransparentWebp)).pixels, std::vector<std::uint8_t>(16 * 8 * 3, 255));
#else
  expect_refused(kWebp, "WebP");
  expect_refused(kTransparentWebp, "WebP");
#endif
}

TEST(DecodeImageTest, OtherFormatsAreRefused) {
  for (const char* text : {"", "x", "GIF89a", "BM", "\x89PNG", "RIFF", "RIFF0000WAVE", "<svg/>"}) {
    const Status status = decode_image(std::as_bytes(std::span(text, std::string_view(text).size()))).status();
    EXPECT_EQ(status.code(), StatusCode::kUnsupported) << text;
    EXPECT_NE(status.message().find("expected PNG, JPEG or WebP"), std::string_view::npos);
  }
}

// Any beginning of a file is an error or, where only the end of the data is missing, an image of the right size.
TEST(DecodeImageTest, TruncatedFilesNeverEndTheProgram) {
  for (const char* base64 : {kJpeg, kTurnedJpeg, kPrintJpeg, kWebp, kTransparentPng, kPalettePng, kDeepPng}) {
    const std::vector<std::byte> file = file_of(base64);
    for (std::size_t n = 0; n < file.size(); ++n) {
      const auto image = decode_image(std::span(file).first(n));
      EXPECT_TRUE(!image.ok() || image->size.n_pixels() == 128) << n;
    }
  }
  const std::vector<std::byte> png = make_png(gradient(50, 50));
  const Status status = decode_image(std::span(png).first(png.size() / 2)).status();
  EXPECT_EQ(status.code(), StatusCode::kCorruptData);
}

TEST(DecodeImageTest, SizesAreCheckedBeforeDecoding) {
  const auto status_of = [](std::uint32_t width, std::uint32_t height) {
    return decode_image(TestPng().header(width, height).data(gradient(1, 1)).bytes()).status();
  };
  EXPECT_EQ(status_of(16385, 16384).code(), StatusCode::kResourceExhausted);
  EXPECT_NE(status_of(65535, 65535).code(), StatusCode::kOk);
  EXPECT_EQ(status_of(65536, 1).code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(status_of(1, 65536).code(), StatusCode::kResourceExhausted);
  EXPECT_NE(status_of(0x7FFFFFFF, 0x7FFFFFFF).code(), StatusCode::kOk);
  EXPECT_NE(status_of(0, 5).code(), StatusCode::kOk);
  // A header that promises more than the data hold.
  EXPECT_EQ(status_of(4000, 4000).code(), StatusCode::kCorruptData);
  EXPECT_EQ(status_of(1, 65535).code(), StatusCode::kCorruptData);
}

// A few kilobytes that would unpack to a gigabyte: a deflate stream of one block whose only match is repeated.
TEST(DecodeImageTest, MemoryIsBoundedByThePromisedSize) {
  // Fixed Huffman codes: the literal 0, then matches of 258 at distance 1: five bits of zeros and one for their length
  // code 285 (11000101) each.
  std::vector<bool> bits = {true, true, false};                                // last block, fixed codes
  for (const char c : std::string_view("00110000")) bits.push_back(c == '1');  // literal 0
  for (int i = 0; i < 500000; ++i) {
    for (const char c : std::string_view("1100010100000")) bits.push_back(c == '1');
  }
  for (int i = 0; i < 7; ++i) bits.push_back(false);  // end of block
  std::vector<std::byte> body = {std::byte{0x78}, std::byte{0x01}};
  for (std::size_t i = 0; i < bits.size(); i += 8) {
    unsigned byte = 0;
    for (std::size_t j = 0; j < 8 && i + j < bits.size(); ++j) byte |= static_cast<unsigned>(bits[i + j]) << j;
    body.push_back(static_cast<std::byte>(byte));
  }
  const auto file = TestPng().header(2, 2).chunk("IDAT", body).chunk("IEND", {}).bytes();
  const auto image = decode_image(file);
  EXPECT_TRUE(image.ok() || image.status().code() == StatusCode::kResourceExhausted) << image.status().to_string();
}

}  // namespace
}  // namespace tenfold
