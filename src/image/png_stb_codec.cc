// PNG by stb_image, for builds that have no libpng: it is one header, so it is at hand for every machine. It decodes an
// image as a whole, which takes more memory and cannot be cancelled.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/contracts.h"
#include "base/error.h"
#include "image/codec.h"
#include "image/over_white.h"

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
#define STBI_MAX_DIMENSIONS 0x7FFFFFFF  // whoever reads the size tells large from broken
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

namespace {

constexpr std::size_t kFixedBytes = std::size_t{2} << 20;

// The file, and the chunk that ends a PNG in case it is missing: that all pixels are there is seen without it.
class Source {
 public:
  explicit Source(Bytes file) : file_(file) {}

  static int read(void* user, char* out, int n) {
    auto* source = static_cast<Source*>(user);
    const auto end = static_cast<std::size_t>(n);
    std::size_t done = source->copy(source->file_, 0, out, end);
    done += source->copy(std::as_bytes(std::span(kEnd)), source->file_.size(), out + done, end - done);
    return static_cast<int>(done);
  }
  static void skip(void* user, int n) {
    auto* source = static_cast<Source*>(user);
    const auto at = static_cast<std::int64_t>(source->at_) + n;
    source->at_ = static_cast<std::size_t>(std::clamp<std::int64_t>(at, 0, static_cast<std::int64_t>(source->size())));
  }
  static int is_at_end(void* user) {
    const auto* source = static_cast<const Source*>(user);
    return source->at_ == source->size() ? 1 : 0;
  }

 private:
  static constexpr char kEnd[12] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', '\xAE', '\x42', '\x60', '\x82'};

  [[nodiscard]] std::size_t size() const { return file_.size() + sizeof(kEnd); }
  // What of `part`, which begins at `begin`, comes next.
  std::size_t copy(Bytes part, std::size_t begin, char* out, std::size_t n) {
    if (at_ < begin || at_ - begin >= part.size()) return 0;
    const Bytes bytes = part.subspan(at_ - begin, std::min(n, part.size() - (at_ - begin)));
    std::memcpy(out, bytes.data(), bytes.size());
    at_ += bytes.size();
    return bytes.size();
  }

  Bytes file_;
  std::size_t at_ = 0;
};

constexpr stbi_io_callbacks kSource = {Source::read, Source::skip, Source::is_at_end};

Status failure(const char* doing) {
  if (budget.exceeded) return resource_exhausted("image: ", doing, " needs more memory than an image of its size can");
  const char* reason = stbi_failure_reason();
  const std::string_view found = reason != nullptr && *reason != '\0' ? reason : "the file ends too early";
  return corrupt_data("image: expected a whole PNG image, found: ", printable(found, 200));
}

// Bits a channel and channels, as the header chunk has them, and whether it is interlaced.
struct Shape {
  std::uint64_t depth = 0, n_channels = 0;
  bool interlaced = false;
};

Shape shape_of(Bytes file) {
  constexpr unsigned kGrey = 0, kRgb = 2, kPalette = 3, kGreyAlpha = 4;
  const unsigned colour = byte_at(file, 25);
  const std::uint64_t n = colour == kGrey || colour == kPalette ? 1 : colour == kGreyAlpha ? 2 : colour == kRgb ? 3 : 4;
  return {byte_at(file, 24), n, byte_at(file, 28) != 0};
}

// The packed bytes, joined in a block that doubles, are there while they are unpacked; then the rows while they are
// unfiltered, into channels of whole bytes of which transparency may be one more; then those while they become 8 bits,
// and RGBA. An interlaced image is unfiltered in parts of at most half of it, and unpacked into a block that doubles.
std::uint64_t most_bytes(Bytes file, ImageSize size) {
  const Shape shape = shape_of(file);
  const auto n_pixels = static_cast<std::uint64_t>(size.n_pixels());
  const std::uint64_t row = (static_cast<std::uint64_t>(size.width) * shape.depth * shape.n_channels + 7) / 8 + 2;
  std::uint64_t rows = row * static_cast<std::uint64_t>(size.height);
  if (shape.interlaced) rows *= 3;
  const std::uint64_t channel = shape.depth == 16 ? 2 : 1;
  std::uint64_t unfiltered = n_pixels * channel * std::min<std::uint64_t>(shape.n_channels + 1, 4);
  if (shape.interlaced) unfiltered += unfiltered / 2;
  const std::uint64_t unpacking = 3 * static_cast<std::uint64_t>(file.size()) + rows;
  return kFixedBytes + std::max({unpacking, rows + unfiltered, unfiltered + 8 * n_pixels});
}

class StbRows final : public Rows {
 public:
  StbRows(stbi_uc* rgba, ImageSize size) : rgba_(rgba), size_(size) {}
  ~StbRows() override { budget_free(rgba_); }
  StbRows(const StbRows&) = delete;
  StbRows& operator=(const StbRows&) = delete;

  Status read(std::uint8_t* rgb) override {
    TENFOLD_DCHECK(next_ < static_cast<std::size_t>(size_.height));
    const auto width = static_cast<std::size_t>(size_.width);
    rgba_over_white(rgba_ + 4 * width * next_++, width, rgb);
    return {};
  }

 private:
  stbi_uc* rgba_;
  ImageSize size_;
  std::size_t next_ = 0;
};

}  // namespace

Result<Header> png_header(Bytes file) {
  budget = {kFixedBytes, 0, false};
  Source source(file);
  ImageSize size;
  int channels = 0;
  if (stbi_info_from_callbacks(&kSource, &source, &size.width, &size.height, &channels) == 0) {
    return failure("reading its header");
  }
  return Header{size, most_bytes(file, size)};
}

Result<std::unique_ptr<Rows>> png_rows(Bytes file, const std::atomic<bool>&) {
  TENFOLD_ASSIGN_OR_RETURN(const Header header, png_header(file));
  budget = {header.codec_bytes, 0, false};
  Source source(file);
  ImageSize size;
  int channels = 0;
  stbi_uc* rgba = stbi_load_from_callbacks(&kSource, &source, &size.width, &size.height, &channels, 4);
  if (rgba == nullptr) return failure("decoding it");
  auto rows = std::make_unique<StbRows>(rgba, size);
  if (size != header.size) return corrupt_data("image: expected one size in its headers, found two");
  return std::unique_ptr<Rows>(std::move(rows));
}

std::vector<std::byte> inflate(Bytes packed, std::size_t max_bytes) {
  budget = {kFixedBytes, 0, false};
  std::vector<std::byte> bytes(max_bytes);
  const int n = stbi_zlib_decode_buffer(reinterpret_cast<char*>(bytes.data()), static_cast<int>(bytes.size()),
                                        reinterpret_cast<const char*>(packed.data()), static_cast<int>(packed.size()));
  bytes.resize(static_cast<std::size_t>(std::max(n, 0)));
  return bytes;
}

}  // namespace tenfold::image_codec
