#include "runtime/arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

Result<Arena> Arena::create(std::size_t n_bytes) {
  Arena arena;
  if (n_bytes == 0) return arena;
  // Anonymous pages are zero and cost nothing until they are touched. Whether there are enough is for the engine to say
  // (MAP_NORESERVE): the kernel would compare what is mapped with the machine's memory, and a context is rarely full.
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* data = mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  if (data == MAP_FAILED) return resource_exhausted("memory: expected ", n_bytes, " bytes, the system refused");
  if (n_bytes >= kHugePageBytes) madvise(data, n_bytes, MADV_HUGEPAGE);  // a wish; small pages do as well
  arena.data_ = static_cast<std::byte*>(data);
  arena.n_bytes_ = n_bytes;
  return arena;
}

void Arena::give_back(std::size_t offset, std::size_t n_bytes) noexcept {
  TENFOLD_DCHECK(offset <= n_bytes_ && n_bytes <= n_bytes_ - offset);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t begin = (offset + page - 1) / page * page, end = (offset + n_bytes) / page * page;
  if (begin < end) madvise(data_ + begin, end - begin, MADV_DONTNEED);
}

Arena::~Arena() {
  if (data_ != nullptr) munmap(data_, n_bytes_);
}

}  // namespace tenfold
