#include "image/image_format.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace tenfold {
namespace {

using namespace std::string_view_literals;

Result<ImageFormat> format_of(std::string_view text) { return image_format(std::as_bytes(std::span(text))); }

TEST(ImageFormatTest, KnowsItsOwnByTheirBytes) {
  EXPECT_EQ(format_of("\x89PNG\r\n\x1A\n").value(), ImageFormat::kPng);
  EXPECT_EQ(format_of("\xFF\xD8\xFF\xE0").value(), ImageFormat::kJpeg);
  EXPECT_EQ(format_of("RIFF\1\2\3\4WEBPVP8 ").value(), ImageFormat::kWebp);
}

TEST(ImageFormatTest, NamesWhatItRefuses) {
  const std::pair<std::string_view, const char*> cases[] = {
      {"GIF87a\1\0"sv, "a GIF image"},
      {"GIF89a\1\0"sv, "a GIF image"},
      {"BM\x36\x10\0\0"sv, "a BMP image"},
      {"II*\0\x08\0\0\0"sv, "a TIFF image"},
      {"MM\0*\0\0\0\x08"sv, "a TIFF image"},
      {"\0\0\1\0\1\0"sv, "an ICO image"},
      {"\0\0\0\x0CJXL \r\n\x87\n"sv, "a JPEG XL image"},
      {"\xFF\x0A\xFA\x7F"sv, "a JPEG XL image"},
      {"\0\0\0\x0CjP  \r\n\x87\n"sv, "a JPEG 2000 image"},
      {"8BPS\0\1"sv, "a Photoshop image"},
      {"%PDF-1.7\n"sv, "a PDF document"},
      {"\0\0\0\x1C"
       "ftypheic\0\0\0\0mif1heic"sv,
       "a HEIC image"},
      {"\0\0\0\x18"
       "ftypmif1\0\0\0\0mif1heic"sv,
       "a HEIC image"},
      {"\0\0\0\x1C"
       "ftypavif\0\0\0\0mif1avif"sv,
       "an AVIF image"},
      {"\0\0\0\x1C"
       "ftypmif1\0\0\0\0mif1avifmiaf"sv,
       "an AVIF image"},
      {"\0\0\0\x18"
       "ftypmp42\0\0\0\0isommp42"sv,
       "a video"},
      {"<svg xmlns='http://www.w3.org/2000/svg'/>"sv, "an SVG drawing"},
      {"\xEF\xBB\xBF<?xml version='1.0'?>\n<!-- a logo -->\n<SVG/>"sv, "an SVG drawing"},
      {"\n<!DOCTYPE html><title>404</title>"sv, "an HTML page"},
  };
  for (const auto& [bytes, name] : cases) {
    const Status status = format_of(bytes).status();
    EXPECT_EQ(status.code(), StatusCode::kUnsupported) << name;
    const std::string expected = std::string("expected PNG, JPEG or WebP, found ") + name;
    EXPECT_NE(status.message().find(expected), std::string_view::npos) << status.to_string();
    EXPECT_NE(status.message().find("; convert it"), std::string_view::npos) << status.to_string();
  }
}

TEST(ImageFormatTest, SaysHowAnythingElseBegins) {
  EXPECT_NE(format_of("").status().message().find("found nothing"), std::string_view::npos);
  for (const std::string_view text : {"x"sv, "GIF90a"sv, "\x89PNG"sv, "RIFF0000WAVE"sv, "<xml/>"sv,
                                      "\0\0\0\x18"
                                      "ftyq"sv,
                                      "\0\0"sv, "ftyp"sv}) {
    const Status status = format_of(text).status();
    EXPECT_EQ(status.code(), StatusCode::kUnsupported);
    EXPECT_NE(status.message().find("found bytes that begin with "), std::string_view::npos) << status.to_string();
  }
}

// Where a box promises more brands than the file has.
TEST(ImageFormatTest, ABoxMayEndAnywhere) {
  const std::string_view box =
      "\0\0\0\x1C"
      "ftypmif1\0\0\0\0mif1avif"sv;
  for (std::size_t n = 0; n < box.size(); ++n) EXPECT_FALSE(format_of(box.substr(0, n)).ok());
  EXPECT_FALSE(format_of("\xFF\xFF\xFF\xFF"
                         "ftypheic"sv)
                   .ok());
}

}  // namespace
}  // namespace tenfold
