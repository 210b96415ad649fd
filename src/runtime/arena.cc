#include "runtime/arena.h"

#include <sys/mman.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"

namespace tenfold {

namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
constexpr std::size_t kPopulateBytes = std::size_t{1} << 30;

}  // namespace

Result<Arena> Arena::create(std::size_t n_bytes) {
  Arena arena;
  if (n_bytes == 0) return arena;
  // Anonymous pages are zero and cost nothing until they are touched.
  void* data = mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return resource_exhausted("memory: expected ", n_bytes, " bytes, the system refused");
  if (n_bytes >= kHugePageBytes) madvise(data, n_bytes, MADV_HUGEPAGE);  // a wish; small pages do as well
  arena.data_ = static_cast<std::byte*>(data);
  arena.n_bytes_ = n_bytes;
  return arena;
}

Status Arena::map_file(int descriptor, std::uint64_t offset, std::size_t n_bytes) {
  if (n_bytes == 0) return {};
  if (n_bytes > n_bytes_) return invalid_argument("arena: expected at most ", n_bytes_, " bytes, found ", n_bytes);
  // A file that is read for the first time comes from the disk as it is needed; one that is in the page cache is at
  // hand at once, which costs far less for all pages together than for one after the other.
  const int populate = n_bytes <= kPopulateBytes ? MAP_POPULATE : 0;
  void* mapped =
      mmap(data_, n_bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED | populate, descriptor, static_cast<off_t>(offset));
  if (mapped != MAP_FAILED) {
    madvise(mapped, n_bytes, MADV_WILLNEED);
    return {};
  }
  const int error = errno;
  mmap(data_, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  return io_error("cannot map ", n_bytes, " bytes of a file: ", std::generic_category().message(error));
}

Arena::~Arena() {
  if (data_ != nullptr) munmap(data_, n_bytes_);
}

}  // namespace tenfold
