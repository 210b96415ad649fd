#include "image/webp_container.h"

#include <limits>

namespace tenfold {

namespace {

int u24_at(Bytes bytes, std::size_t at) {
  return static_cast<int>(u16_at(bytes, at, Endian::kLittle) | byte_at(bytes, at + 2) << 16U);
}

void take_frame(WebpContainer& container, Bytes body) {
  constexpr std::size_t kHeader = 16;  // place, size, duration, how it is laid over the others
  if (container.n_frames < std::numeric_limits<int>::max()) ++container.n_frames;
  if (container.n_frames > 1 || body.size() < kHeader) return;
  container.left = 2 * u24_at(body, 0);
  container.top = 2 * u24_at(body, 3);
  container.frame = body.subspan(kHeader);
}

}  // namespace

WebpContainer read_webp_container(Bytes file) {
  constexpr std::size_t kHeader = 8;  // of a chunk: name and length
  WebpContainer container;
  for (std::size_t at = 12; at + kHeader <= file.size();) {
    const std::string_view name = text_of(file.subspan(at, 4));
    const std::size_t length = u32_at(file, at + 4, Endian::kLittle);
    if (length > file.size() - at - kHeader) break;
    const Bytes body = file.subspan(at + kHeader, length);
    if (name == "EXIF" && container.exif.empty()) container.exif = body;
    if (name == "XMP " && container.xmp.empty()) container.xmp = body;
    if (name == "ANMF") take_frame(container, body);
    at += kHeader + length + length % 2;
  }
  return container;
}

}  // namespace tenfold
