// PNG by stb_image.
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/error.h"
#include "image/codec.h"
#include "image/decode_image.h"

namespace {

// What stb_image may have allocated at a time: a small file can claim to unpack to gigabytes. Each block is preceded by
// its size.
struct Budget {
  std::size_t limit = 0;
  std::size_t used = 0;
  bool exceeded = false;
};
thread_local Budget budget;
constexpr std::size_t kPrefix = alignof(std::max_align_t);
static_assert(kPrefix >= sizeof(std::size_t));

void* budget_malloc(std::size_t n) noexcept {
  if (n > budget.limit - budget.used) {
    budget.exceeded = true;
    return nullptr;
  }
  auto* block = static_cast<std::byte*>(std::malloc(n + kPrefix));
  if (block == nullptr) {
    budget.exceeded = true;
    return nullptr;
  }
  budget.used += n;
  std::memcpy(block, &n, sizeof(n));
  return block + kPrefix;
}

void budget_free(void* p) noexcept {
  if (p == nullptr) return;
  std::byte* block = static_cast<std::byte*>(p) - kPrefix;
  std::size_t n = 0;
  std::memcpy(&n, block, sizeof(n));
  budget.used -= n;
  std::free(block);
}

void* budget_realloc(void* p, std::size_t n) noexcept {
  if (p == nullptr) return budget_malloc(n);
  std::size_t old = 0;
  std::memcpy(&old, static_cast<std::byte*>(p) - kPrefix, sizeof(old));
  void* fresh = budget_malloc(n);
  if (fresh == nullptr) return nullptr;
  std::memcpy(fresh, p, old < n ? old : n);
  budget_free(p);
  return fresh;
}

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_MAX_DIMENSIONS 65535
#define STBI_MALLOC(n) budget_malloc(n)
#define STBI_REALLOC(p, n) budget_realloc(p, n)
#define STBI_FREE(p) budget_free(p)
// Nothing that a file says may end the program.
#ifdef TENFOLD_DCHECKS
#define STBI_ASSERT(x) ((x) ? static_cast<void>(0) : __builtin_trap())
#else
#define STBI_ASSERT(x) static_cast<void>(0)
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace tenfold::image_codec {

static_assert(STBI_MAX_DIMENSIONS == kMaxImageSide);

namespace {

constexpr std::size_t kFixedBytes = std::size_t{16} << 20;
// A 16-bit RGBA PNG is 8 bytes a pixel: unpacked into a buffer that grows by doubling (16, and 8 of the one before),
// then unfiltered (8), then made 8 bits (4) of which 3 stay.
constexpr std::size_t kBytesAPixel = 40;

const stbi_uc* bytes_of(std::span<const std::byte> file) { return reinterpret_cast<const stbi_uc*>(file.data()); }

Status failure(const char* doing) {
  if (budget.exceeded) return resource_exhausted("image: ", doing, " needs more memory than a picture of its size can");
  const char* reason = stbi_failure_reason();
  return corrupt_data("image: expected a whole PNG picture, found: ", reason != nullptr ? reason : "another");
}

}  // namespace

Result<ImageSize> png_size(std::span<const std::byte> file) {
  budget = {kFixedBytes, 0, false};
  ImageSize size;
  int channels = 0;
  if (stbi_info_from_memory(bytes_of(file), static_cast<int>(file.size()), &size.width, &size.height, &channels) == 0) {
    return failure("reading its header");
  }
  return size;
}

Result<RgbImage> png_decode(std::span<const std::byte> file, ImageSize size) {
  budget = {kFixedBytes + kBytesAPixel * static_cast<std::size_t>(size.n_pixels()), 0, false};
  RgbImage image;
  int channels = 0;
  stbi_uc* pixels = stbi_load_from_memory(bytes_of(file), static_cast<int>(file.size()), &image.size.width,
                                          &image.size.height, &channels, 3);
  if (pixels == nullptr) return failure("decoding it");
  const struct Free {
    stbi_uc* pixels;
    ~Free() { budget_free(pixels); }
  } free_at_end{pixels};
  if (image.size != size) return corrupt_data("image: expected one size in its headers, found two");
  image.pixels.assign(pixels, pixels + static_cast<std::size_t>(size.n_pixels()) * 3);
  return image;
}

}  // namespace tenfold::image_codec
