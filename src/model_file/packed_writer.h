// PackedWriter: a file of the PackedCache while it is being written, in steps of about a megabyte.
//
// Between two steps it may go from one thread to another, or be dropped, which leaves nothing behind. One caller at a
// time; cache and payload must outlive it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/contracts.h"
#include "model_file/atomic_file.h"
#include "model_file/byte_sum.h"
#include "model_file/packed_cache.h"
#include "model_file/packed_header.h"

namespace tenfold {

class PackedWriter {
 public:
  // header: of this payload, but for the sums and where it begins.
  PackedWriter(const PackedCache& cache, PackedHeader header, std::span<const std::byte> payload);

  // Does the next piece of the work; true when the file is complete and old ones have gone that the cache's bound has
  // no room for. Waits for the disk. Errors: kResourceExhausted if the disk would be left nearly full; kIoError. The
  // writing has then failed.
  Result<bool> step();
  [[nodiscard]] double fraction() const noexcept;

 private:
  void sum_piece();
  Status begin_file();

  const PackedCache& cache_;
  PackedHeader header_;
  std::span<const std::byte> payload_;
  ByteSum sum_;
  std::size_t blob_ = 0;     // the one that is being summed
  std::size_t blob_at_ = 0;  // so far
  std::unique_ptr<AtomicFile> file_;
  std::size_t written_ = 0;  // of the payload
  [[no_unique_address]] OneCaller callers_;
};

}  // namespace tenfold
