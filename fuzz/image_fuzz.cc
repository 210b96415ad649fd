// Any bytes as a picture, and as the text of one: an error, or the picture that its header promised.
#include <span>
#include <string_view>

#include "expect.h"
#include "image/data_url.h"
#include "image/decode_image.h"
#include "image/resize.h"
#include "image/target_size.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenfold;
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  const auto stored = read_image_size(file);
  expect(stored.status().code() != StatusCode::kInternal);
  const auto text = decode_base64({reinterpret_cast<const char*>(data), size});
  expect(!text.ok() || text->size() <= size / 4 * 3);
  if (!stored.ok()) return 0;

  // Rounding down may take half of each side, so the most is four times the least.
  constexpr TargetSizeRule kRule = {28, 6272, 28 * 28 * 32, true};
  const auto target = target_size(*stored, kRule);
  if (target.ok()) expect(target->width % 28 == 0 && target->height % 28 == 0 && target->n_pixels() >= 6272);
  constexpr std::int64_t kQuick = 1 << 20;  // pixels that take milliseconds
  if (stored->n_pixels() > kQuick) return 0;
  const auto image = decode_image(file);
  if (!image.ok()) return 0;
  expect(image->size == *stored);
  expect(image->pixels.size() == static_cast<std::size_t>(image->size.n_pixels()) * 3);
  if (target.ok() && target->n_pixels() < kQuick) expect(resize_bicubic(*image, *target).size == *target);
  return 0;
}
