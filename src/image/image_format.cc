#include "image/image_format.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "image/byte_reading.h"

namespace tenfold {

namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view begin;
  const char* name;
};

// Longer ones before those that they begin with.
constexpr auto kOthers = std::to_array<Signature>({
    {"GIF87a"sv, "a GIF image"},
    {"GIF89a"sv, "a GIF image"},
    {"BM"sv, "a BMP image"},
    {"II*\0"sv, "a TIFF image or a camera's raw file"},
    {"MM\0*"sv, "a TIFF image or a camera's raw file"},
    {"II+\0"sv, "a TIFF image"},
    {"MM\0+"sv, "a TIFF image"},
    {"\0\0\1\0"sv, "an ICO image"},
    {"\0\0\2\0"sv, "a CUR image"},
    {"\0\0\0\x0CJXL \r\n\x87\n"sv, "a JPEG XL image"},
    {"\xFF\x0A"sv, "a JPEG XL image"},
    {"\0\0\0\x0CjP  \r\n\x87\n"sv, "a JPEG 2000 image"},
    {"\xFF\x4F\xFF\x51"sv, "a JPEG 2000 image"},
    {"8BPS"sv, "a Photoshop image"},
    {"gimp xcf"sv, "a GIMP image"},
    {"v/1\1"sv, "an OpenEXR image"},
    {"qoif"sv, "a QOI image"},
    {"%PDF-"sv, "a PDF document"},
    {"\x1A\x45\xDF\xA3"sv, "a Matroska or WebM video"},
});

bool holds(std::string_view text, std::string_view lower_case) {
  return std::search(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                     [](char a, char b) { return ascii_lower(a) == b; }) != text.end();
}

// An ISO base media file begins with a box of the kinds that it may be read as; AVIF is one of HEIF's.
const char* iso_media(std::string_view text) {
  if (text.substr(0, 8).substr(std::min<std::size_t>(4, text.size())) != "ftyp") return nullptr;
  constexpr std::size_t kMaxBox = 256;
  std::size_t size = 0;
  for (const char c : text.substr(0, 4)) size = size << 8 | static_cast<unsigned char>(c);
  const std::string_view box = text.substr(0, std::min(size, kMaxBox));
  const auto has_brand = [&](std::initializer_list<std::string_view> brands) {
    for (std::size_t at = 8; at + 4 <= box.size(); at += 4) {
      if (std::find(brands.begin(), brands.end(), box.substr(at, 4)) != brands.end()) return true;
    }
    return false;
  };
  if (has_brand({"avif", "avis"})) return "an AVIF image";
  if (has_brand({"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1"})) {
    return "a HEIC image";
  }
  return "a video";
}

// A page is what a server sends in place of an image.
const char* markup(std::string_view text) {
  constexpr std::size_t kProlog = 1024;  // an XML declaration and comments may come before the first element
  const std::string_view head = text.substr(0, kProlog);
  const std::size_t first = head.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (first == std::string_view::npos || head[first] != '<') return nullptr;
  if (holds(head, "<html") || holds(head, "<!doctype html")) return "an HTML page";
  return holds(head, "<svg") ? "an SVG drawing" : nullptr;
}

const char* other_format(std::string_view text) {
  for (const Signature& other : kOthers) {
    if (text.starts_with(other.begin)) return other.name;
  }
  if (const char* name = iso_media(text)) return name;
  return markup(text);
}

}  // namespace

Result<ImageFormat> image_format(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return ImageFormat::kPng;
  if (text.starts_with("\xFF\xD8\xFF")) return ImageFormat::kJpeg;
  if (text.starts_with("RIFF") && text.substr(0, 12).ends_with("WEBP")) return ImageFormat::kWebp;
  constexpr const char* kExpected = "image: expected PNG, JPEG or WebP, found ";
  if (text.empty()) return unsupported(kExpected, "nothing");
  if (const char* name = other_format(text)) return unsupported(kExpected, name, "; convert it to one of those");
  return unsupported(kExpected, "bytes that begin with ", printable(text.substr(0, 8)));
}

}  // namespace tenfold
