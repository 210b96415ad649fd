// Decoding takes no more memory than decode_bytes() says: images are decoded in a process that may have no more.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <utility>

#include "image/decode_image.h"
#include "image/png_testing.h"

#ifdef TENFOLD_JPEG
#include <jpeglib.h>
#endif
#ifdef TENFOLD_WEBP
#include <webp/encode.h>
#endif

namespace tenfold {
namespace {

constexpr ImageSize kSmall{56, 84};

// Sanitizers map terabytes.
#ifdef TENFOLD_SANITIZED
constexpr bool kMemoryCanBeLimited = false;
#else
constexpr bool kMemoryCanBeLimited = true;
#endif

// Noise that no codec makes small.
RgbImage noise(int width, int height) {
  RgbImage image{{width, height}, {}};
  image.pixels.resize(static_cast<std::size_t>(image.size.n_pixels()) * 3);
  std::uint32_t state = 1;
  for (std::uint8_t& value : image.pixels) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<std::uint8_t>(state >> 24);
  }
  return image;
}

std::uint64_t mapped_bytes() {
  std::uint64_t n_pages = 0;
  std::ifstream("/proc/self/statm") >> n_pages;
  return n_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// What was freed is given back to the system at once: nothing is left over that an image could be decoded in.
void keep_no_free_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 17);
  malloc_trim(0);
}

// Whether the image can be decoded where only so much more memory can be had.
bool decodes_within(std::span<const std::byte> file, std::uint64_t n_bytes) {
  keep_no_free_memory();
  const pid_t child = fork();
  if (child == 0) {
    const rlimit limit{mapped_bytes() + n_bytes, mapped_bytes() + n_bytes};
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
    const std::atomic<bool> never = false;
    bool done = false;
    try {
      done = decode_image(file, kSmall, never).ok();
    } catch (const std::bad_alloc&) {  // which Engine's guard() turns into a Status
    }
    _exit(done ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// most: what the image may be said to take, beside a few megabytes for rows.
void expect_decodes_as_promised(std::span<const std::byte> file, std::uint64_t most) {
  constexpr std::uint64_t kForRows = std::uint64_t{8} << 20;
  const auto info = read_image_info(file);
  ASSERT_TRUE(info.ok()) << info.status().to_string();
  const std::uint64_t promised = decode_bytes(*info, kSmall);
  EXPECT_LE(promised, most + kForRows);
  if (!kMemoryCanBeLimited) return;
  EXPECT_TRUE(decodes_within(file, promised)) << promised;
  // With less, some do and some do not; none ends the process.
  for (std::uint64_t part = 1; part <= 4; ++part) decodes_within(file, promised * part / 5);
}

TEST(DecodeMemoryTest, PngComesByRows) {
  constexpr int kSide = 3000;
#ifdef TENFOLD_PNG
  constexpr std::uint64_t kMost = 0;
#else
  constexpr std::uint64_t kMost = std::uint64_t{15} * kSide * kSide;
#endif
  expect_decodes_as_promised(make_png(noise(kSide, kSide)), kMost);
}

#ifdef TENFOLD_JPEG

enum class Scans { kOne, kProgressive };

std::vector<std::byte> make_jpeg(const RgbImage& image, Scans scans) {
  jpeg_compress_struct cinfo{};
  jpeg_error_mgr errors{};
  cinfo.err = jpeg_std_error(&errors);
  jpeg_create_compress(&cinfo);
  unsigned char* bytes = nullptr;
  unsigned long n_bytes = 0;
  jpeg_mem_dest(&cinfo, &bytes, &n_bytes);
  cinfo.image_width = static_cast<JDIMENSION>(image.size.width);
  cinfo.image_height = static_cast<JDIMENSION>(image.size.height);
  cinfo.input_components = 3;
  cinfo.in_color_space = JCS_RGB;
  jpeg_set_defaults(&cinfo);
  if (scans == Scans::kProgressive) jpeg_simple_progression(&cinfo);
  jpeg_start_compress(&cinfo, TRUE);
  for (int y = 0; y < image.size.height; ++y) {
    auto* row = const_cast<std::uint8_t*>(image.row(y));
    jpeg_write_scanlines(&cinfo, &row, 1);
  }
  jpeg_finish_compress(&cinfo);
  jpeg_destroy_compress(&cinfo);
  const auto* begin = reinterpret_cast<const std::byte*>(bytes);
  std::vector<std::byte> file(begin, begin + n_bytes);
  std::free(bytes);
  return file;
}

// As wide as a phone's 108 megapixels; how high it is does not matter.
TEST(DecodeMemoryTest, JpegComesByRows) {
  const RgbImage photo{{12000, 2000}, std::vector<std::uint8_t>(std::size_t{12000} * 2000 * 3, 90)};
  expect_decodes_as_promised(make_jpeg(photo, Scans::kOne), 0);
}

TEST(DecodeMemoryTest, AProgressiveJpegIsThereAsAWhole) {
  constexpr int kSide = 1600;
  // Two bytes for each coefficient, of which there are half as many again as pixels.
  expect_decodes_as_promised(make_jpeg(noise(kSide, kSide), Scans::kProgressive),
                             std::uint64_t{31} * kSide * kSide / 10);
}

#endif

#ifdef TENFOLD_WEBP

enum class WebpKind { kLossy, kLossless };

std::vector<std::byte> make_webp(const RgbImage& image, WebpKind kind, int n_channels) {
  std::vector<std::uint8_t> rgba;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    rgba.insert(rgba.end(), &image.pixels[i], &image.pixels[i] + 3);
    if (n_channels == 4) rgba.push_back(image.pixels[i] / 2);
  }
  std::uint8_t* bytes = nullptr;
  const auto [width, height] = image.size;
  const int stride = width * n_channels;
  std::size_t n_bytes = 0;
  if (kind == WebpKind::kLossy) {
    n_bytes = n_channels == 4 ? WebPEncodeRGBA(rgba.data(), width, height, stride, 70, &bytes)
                              : WebPEncodeRGB(rgba.data(), width, height, stride, 70, &bytes);
  } else {
    n_bytes = n_channels == 4 ? WebPEncodeLosslessRGBA(rgba.data(), width, height, stride, &bytes)
                              : WebPEncodeLosslessRGB(rgba.data(), width, height, stride, &bytes);
  }
  const auto* begin = reinterpret_cast<const std::byte*>(bytes);
  std::vector<std::byte> file(begin, begin + n_bytes);
  WebPFree(bytes);
  return file;
}

TEST(DecodeMemoryTest, WebpIsThereAsAWhole) {
  constexpr std::uint64_t kSide = 800;
  const RgbImage image = noise(kSide, kSide);
  expect_decodes_as_promised(make_webp(image, WebpKind::kLossy, 3), 3 * kSide * kSide);
  expect_decodes_as_promised(make_webp(image, WebpKind::kLossy, 4), 9 * kSide * kSide);
  expect_decodes_as_promised(make_webp(image, WebpKind::kLossless, 3), 7 * kSide * kSide);
  expect_decodes_as_promised(make_webp(image, WebpKind::kLossless, 4), 8 * kSide * kSide);
}

#endif

}  // namespace
}  // namespace tenfold
