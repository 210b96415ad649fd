// Any bytes as a saved session: an error, or sizes that fit the file and sections that can all be read. Sums would stop
// almost every input at once, so each is tried a second time with sums that are right.
#include <cstring>
#include <vector>

#include "memory_file_testing.h"
#include "model_file/byte_sum.h"
#include "model_file/session_file.h"

namespace tenfold {
namespace {

constexpr std::size_t kHeaderBytes = 64, kSumBytes = sizeof(std::uint64_t);

// Calls `visit` with the length of one section after the other, until it says no. It fills `images` at the fourth.
template <typename Visit>
void for_sections(const SessionSizes& sizes, std::vector<SavedImage>& images, const Visit& visit) {
  images.resize(sizes.n_images);
  for (const std::uint64_t n : {std::uint64_t{sizes.origin_bytes}, sizes.note_bytes, std::uint64_t{sizes.n_tokens} * 4,
                                sizes.n_images * sizeof(SavedImage)}) {
    if (!visit(static_cast<std::size_t>(n))) return;
  }
  if (!check_saved_images(images, sizes).ok()) return;
  for (const SavedImage& image : images) {
    if (!visit(static_cast<std::size_t>(image.n_tokens() * sizes.row_bytes))) return;
  }
  for (std::uint32_t block = 0; block < sizes.n_blocks; ++block) {
    const std::uint64_t each = sizes.kv_bytes / sizes.n_blocks;
    const bool last = block + 1 == sizes.n_blocks;
    if (!visit(static_cast<std::size_t>(last ? sizes.kv_bytes - block * each : each))) return;
  }
}

void check_file(const std::string& path, std::uint64_t size) {
  auto file = SessionFileReader::open(path);
  expect(file.status().code() != StatusCode::kInternal);
  if (!file.ok()) return;
  expect(file->sizes().file_bytes() == size);
  std::vector<SavedImage> images;
  std::vector<std::byte> bytes;
  int n_read = 0;
  std::uint64_t end = kHeaderBytes;
  for_sections(file->sizes(), images, [&](std::size_t n) {
    bytes.resize(n);
    if (!file->read("section", bytes).ok()) return false;
    if (++n_read == 4 && n > 0) std::memcpy(images.data(), bytes.data(), n);
    end += n + kSumBytes;
    expect(end <= size);
    return true;
  });
  if (end == size) expect(!file->read("beyond", {}).ok());
}

// Makes the sums right, first the header's, then those of the sections that its sizes promise.
void repair(std::vector<std::byte>& bytes, MemoryFile& memory) {
  if (bytes.size() < kHeaderBytes) return;
  std::uint64_t sum = 0;
  std::size_t at = 0;
  const auto sum_up = [&](std::size_t n) {
    sum = byte_sum(std::span(bytes).subspan(at, n), sum);
    std::memcpy(bytes.data() + at + n, &sum, kSumBytes);
    at += n + kSumBytes;
  };
  sum_up(kHeaderBytes - kSumBytes);
  const auto file =
      SessionFileReader::open(memory.holding(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  if (!file.ok()) return;
  std::vector<SavedImage> images;
  int n_summed = 0;
  for_sections(file->sizes(), images, [&](std::size_t n) {
    if (++n_summed == 4 && n > 0) std::memcpy(images.data(), bytes.data() + at, n);
    sum_up(n);
    return true;
  });
}

}  // namespace
}  // namespace tenfold

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tenfold;
  static MemoryFile memory;
  check_file(memory.holding(data, size), size);
  const auto* const begin = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> repaired(begin, begin + size);
  repair(repaired, memory);
  check_file(memory.holding(reinterpret_cast<const std::uint8_t*>(repaired.data()), size), size);
  return 0;
}
