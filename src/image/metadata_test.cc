#include "image/metadata.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "image/png_testing.h"

namespace tenfold {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string as_text(const std::vector<std::byte>& bytes) { return std::string(text_of(bytes)); }

ImageMetadata of_png(const TestPng& png) { return read_metadata(ImageFormat::kPng, png.bytes()); }
ImageMetadata of_jpeg(std::string_view file) { return read_metadata(ImageFormat::kJpeg, bytes_of(file)); }
ImageMetadata of_webp(std::string_view file) { return read_metadata(ImageFormat::kWebp, bytes_of(file)); }

TestPng with_chunk(std::string_view name, std::string_view body) {
  TestPng png;
  png.header(1, 1).chunk(name, bytes_of(body));
  return png;
}

TEST(ImageMetadataTest, TextsOfAPng) {
  EXPECT_EQ(as_text(of_png(with_chunk("eXIf", "MM\0*"sv)).exif), "MM\0*"sv);
  EXPECT_EQ(as_text(of_png(with_chunk("tEXt", "exif\0MM"sv)).exif), "MM");
  EXPECT_EQ(as_text(of_png(with_chunk("tEXt", "Raw profile type exif\0\nexif\n  3\n61\n62 63"sv)).exif), "");
  EXPECT_EQ(as_text(of_png(with_chunk("tEXt", "Raw profile type exif\0\nexif\n  3\n61\n6263\n"sv)).exif), "abc");
  EXPECT_EQ(as_text(of_png(with_chunk("iTXt", "XML:com.adobe.xmp\0\0\0en\0name\0<x/>"sv)).xmp), "<x/>");
  for (const std::string_view body : {""sv, "\0"sv, "exif"sv, "Raw profile type exif"sv, "Raw profile type exif\0"sv,
                                      "Raw profile type exif\0\n\n\n6"sv, "XML:com.adobe.xmp"sv}) {
    for (const std::string_view name : {"tEXt"sv, "zTXt"sv, "iTXt"sv}) {
      const ImageMetadata metadata = of_png(with_chunk(name, body));
      EXPECT_TRUE(metadata.exif.empty() && metadata.xmp.empty()) << name << ' ' << body;
    }
  }
}

TEST(ImageMetadataTest, AnInternationalTextMayBreakOff) {
  for (const std::string_view body :
       {"\0"sv, "\0\1"sv, "\0\0\0"sv, "\0\0\0en"sv, "\0\0\0en\0name"sv, "\0\1\0\0\0x"sv}) {
    EXPECT_EQ(as_text(of_png(with_chunk("iTXt", "XML:com.adobe.xmp"s + std::string(body))).xmp), "");
  }
}

TEST(ImageMetadataTest, TheLastOfAPngsChunksHoldsAndNoneAfterItsEnd) {
  TestPng png = with_chunk("eXIf", "first");
  png.chunk("eXIf", bytes_of("second")).chunk("IEND", {}).chunk("eXIf", bytes_of("third"));
  EXPECT_EQ(as_text(of_png(png).exif), "second");
}

TEST(ImageMetadataTest, AnimationsOfAPng) {
  EXPECT_FALSE(of_png(with_chunk("acTL", "\0\0\0\1\0\0\0\0"sv)).is_animation);
  EXPECT_TRUE(of_png(with_chunk("acTL", "\0\0\0\2\0\0\0\0"sv)).is_animation);
  EXPECT_FALSE(of_png(with_chunk("acTL", "\0\0"sv)).is_animation);
}

TEST(ImageMetadataTest, OnlyTheBeginningOfLongOnesIsRead) {
  const std::string long_text(std::size_t{3} << 20, 'x');
  EXPECT_EQ(of_png(with_chunk("eXIf", long_text)).exif.size(), std::size_t{1} << 20);
  const std::string xmp = "XML:com.adobe.xmp\0\0\0\0\0"s + long_text;
  EXPECT_EQ(of_png(with_chunk("iTXt", xmp)).xmp.size(), std::size_t{1} << 20);
}

std::string segment(std::string_view body) {
  const std::size_t length = body.size() + 2;
  return "\xFF\xE1"s + static_cast<char>(length >> 8) + static_cast<char>(length & 0xFF) + std::string(body);
}

TEST(ImageMetadataTest, SegmentsOfAJpeg) {
  const std::string begin = "\xFF\xD8";
  EXPECT_EQ(as_text(of_jpeg(begin + segment("Exif\0\0MM"sv)).exif), "MM");
  EXPECT_EQ(as_text(of_jpeg(begin + segment("Exif\0\0MM"sv) + segment("Exif\0\0II"sv)).exif), "MMII");
  EXPECT_EQ(as_text(of_jpeg(begin + "\xFF\xFF" + segment("http://ns.adobe.com/xap/1.0/\0<x/>"sv)).xmp), "<x/>");
  // After the first scan, cut short, too long.
  EXPECT_EQ(as_text(of_jpeg(begin + "\xFF\xDA\0\2"s + segment("Exif\0\0MM"sv)).exif), "");
  const std::string whole = begin + segment("Exif\0\0MM"sv);
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_EQ(as_text(of_jpeg(whole.substr(0, n)).exif), "");
  std::string many = begin;
  for (int i = 0; i < 40; ++i) many += segment("Exif\0\0"s + std::string(60000, 'x'));
  EXPECT_EQ(of_jpeg(many).exif.size(), std::size_t{1} << 20);
}

std::string riff_chunk(std::string_view name, std::string_view body) {
  std::string chunk(name);
  for (int shift = 0; shift < 32; shift += 8) chunk += static_cast<char>(body.size() >> shift);
  chunk += body;
  return body.size() % 2 == 0 ? chunk : chunk + '\0';
}

TEST(ImageMetadataTest, ChunksOfAWebp) {
  const std::string begin = "RIFF\0\0\0\0WEBP"s;
  EXPECT_EQ(as_text(of_webp(begin + riff_chunk("VP8 ", "odd") + riff_chunk("EXIF", "MM")).exif), "MM");
  EXPECT_EQ(as_text(of_webp(begin + riff_chunk("XMP ", "<x/>")).xmp), "<x/>");
  const std::string whole = begin + riff_chunk("EXIF", "MM");
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_EQ(as_text(of_webp(whole.substr(0, n)).exif), "");
  EXPECT_EQ(as_text(of_webp(begin + "EXIF\xFF\xFF\xFF\xFFMM").exif), "");
  const std::string frame = riff_chunk("ANMF", std::string(16, '\0'));
  EXPECT_FALSE(of_webp(begin + frame).is_animation);
  EXPECT_TRUE(of_webp(begin + frame + frame).is_animation);
}

}  // namespace
}  // namespace tenfold
