#include "image/metadata.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "image/codec.h"
#include "image/webp_container.h"

namespace tenfold {

namespace {

// What is beyond says nothing. Exif is some hundred bytes, or 64 kB with a small image in it.
constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

void append(std::vector<std::byte>& to, Bytes bytes) {
  const Bytes fits = bytes.first(std::min(bytes.size(), kMaxBytes - to.size()));
  to.insert(to.end(), fits.begin(), fits.end());
}

std::vector<std::byte> copy_of(Bytes bytes) {
  std::vector<std::byte> copy;
  append(copy, bytes);
  return copy;
}

// In the segments before the first scan; what does not fit into one goes on in the next.
ImageMetadata jpeg_metadata(Bytes file) {
  constexpr unsigned kApp1 = 0xE1, kStartOfScan = 0xDA;
  constexpr std::string_view kExif("Exif\0\0", 6), kXmp("http://ns.adobe.com/xap/1.0/\0", 29);
  ImageMetadata metadata;
  std::size_t at = 2;  // past the start-of-image marker
  while (at + 4 <= file.size() && byte_at(file, at) == 0xFF) {
    const unsigned marker = byte_at(file, at + 1);
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    const std::size_t length = u16_at(file, at + 2, Endian::kBig);
    if (marker == kStartOfScan || length < 2 || length > file.size() - at - 2) break;
    const Bytes body = file.subspan(at + 4, length - 2);
    if (marker == kApp1 && starts_with(body, kExif)) append(metadata.exif, body.subspan(kExif.size()));
    if (marker == kApp1 && starts_with(body, kXmp)) metadata.xmp = copy_of(body.subspan(kXmp.size()));
    at += 2 + length;
  }
  return metadata;
}

// A PNG's text chunk: a keyword, and a text that may be packed.
struct PngText {
  Bytes text;
  bool is_packed = false;

  [[nodiscard]] std::vector<std::byte> read() const {
    return is_packed ? image_codec::inflate(text, kMaxBytes) : copy_of(text);
  }
};

// What is after the next zero byte; nothing if there is none.
Bytes after_zero(Bytes bytes) {
  const std::size_t zero = text_of(bytes).find('\0');
  return zero == std::string_view::npos ? Bytes() : bytes.subspan(zero + 1);
}

PngText text_in(std::string_view chunk, Bytes body) {
  const Bytes rest = after_zero(body);
  if (chunk == "tEXt") return {rest, false};
  if (chunk == "zTXt") return {rest.subspan(rest.empty() ? 0 : 1), true};
  // iTXt: whether it is packed, how, two names of languages.
  const Bytes names = rest.size() > 2 ? rest.subspan(2) : Bytes();
  return {after_zero(after_zero(names)), byte_at(rest, 0) != 0};
}

// ImageMagick writes Exif as a text: "\nexif\n      38\n4578696600…", the number of bytes and then those in hex.
std::vector<std::byte> raw_profile(Bytes profile) {
  std::string_view text = text_of(profile);
  for (int line = 0; line < 3; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string digits;
  for (const char c : text) {
    if (c != '\n') digits += c;
  }
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 2 <= digits.size(); i += 2) {
    unsigned value = 0;
    if (std::from_chars(&digits[i], &digits[i] + 2, value, 16).ptr != &digits[i] + 2) return {};
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

// A PNG's chunks may come in any order, after the pixels too; of several of a kind the last one holds.
class PngChunks {
 public:
  explicit PngChunks(Bytes file) {
    constexpr std::size_t kFrame = 12;  // length, name and checksum
    for (std::size_t at = 8; at + kFrame <= file.size();) {
      const std::size_t length = u32_at(file, at, Endian::kBig);
      const std::string_view name = text_of(file.subspan(at + 4, 4));
      if (name == "IEND" || length > file.size() - at - kFrame) return;
      take(name, file.subspan(at + 8, length));
      at += kFrame + length;
    }
  }

  [[nodiscard]] ImageMetadata metadata() const {
    ImageMetadata metadata;
    metadata.is_animation = n_frames_ > 1;
    metadata.exif = exif_.text.empty() ? raw_profile(profile_.read()) : copy_of(exif_.text);
    metadata.xmp = xmp_.read();
    return metadata;
  }

 private:
  void take(std::string_view name, Bytes body) {
    if (name == "eXIf") exif_ = {body, false};
    if (name == "acTL") n_frames_ = u32_at(body, 0, Endian::kBig);
    if (name != "tEXt" && name != "zTXt" && name != "iTXt") return;
    if (name == "tEXt" && starts_with(body, {"exif\0", 5})) exif_ = text_in(name, body);
    if (starts_with(body, {"Raw profile type exif\0", 22})) profile_ = text_in(name, body);
    if (starts_with(body, {"XML:com.adobe.xmp\0", 18})) xmp_ = text_in(name, body);
  }

  PngText exif_, profile_, xmp_;
  std::size_t n_frames_ = 0;
};

ImageMetadata webp_metadata(Bytes file) {
  const WebpContainer container = read_webp_container(file);
  return {copy_of(container.exif), copy_of(container.xmp), container.n_frames > 1};
}

}  // namespace

ImageMetadata read_metadata(ImageFormat format, Bytes file) {
  switch (format) {
    case ImageFormat::kJpeg: return jpeg_metadata(file);
    case ImageFormat::kPng: return PngChunks(file).metadata();
    case ImageFormat::kWebp: return webp_metadata(file);
  }
  return {};
}

}  // namespace tenfold
