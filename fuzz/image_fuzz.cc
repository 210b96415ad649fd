// Any bytes as an image, and as the text of one: an error, or the image that its header promised, whole and resized
// row by row.
#include <atomic>
#include <span>
#include <string_view>

#include "expect_testing.h"
#include "image/data_url.h"
#include "image/decode_image.h"
#include "image/resize.h"
#include "image/target_size.h"

namespace {

using namespace tenfold;

// Pixels that take milliseconds.
constexpr std::int64_t kQuick = 1 << 20;

void try_text(std::string_view text) {
  const auto bytes = decode_base64(text);
  expect(!bytes.ok() || bytes->size() <= (text.size() + 1) / 4 * 3 + 2);
  if (!is_data_url(text)) return;
  const auto body = decode_data_url(text);
  expect(body.status().code() != StatusCode::kInternal && (!body.ok() || body->size() <= text.size()));
}

void try_sizes(std::span<const std::byte> file, const RgbImage& image) {
  const std::atomic<bool> never = false;
  for (const ImageSize size : {ImageSize{5, 3}, {image.size.width, 2}, {2, image.size.height}}) {
    const auto resized = decode_image(file, size, never);
    expect(resized.ok() && resized->pixels == resize_bicubic(image, size).pixels);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  try_text({reinterpret_cast<const char*>(data), size});
  const auto info = read_image_info(file);
  expect(info.status().code() != StatusCode::kInternal);
  if (!info.ok()) return 0;

  // Rounding down may take half of each side, so the most is four times the least.
  constexpr TargetSizeRule kRule = {28, 6272, 28 * 28 * 32, true};
  const auto target = target_size(info->size, kRule);
  if (target.ok()) expect(target->width % 28 == 0 && target->height % 28 == 0 && target->n_pixels() >= 6272);
  if (info->size.n_pixels() > kQuick) return 0;
  const auto image = decode_image(file);
  if (!image.ok()) return 0;
  expect(image->size == info->size);
  expect(image->pixels.size() == static_cast<std::size_t>(image->size.n_pixels()) * 3);
  if (image->size.n_pixels() < kQuick / 16) try_sizes(file, *image);
  return 0;
}
