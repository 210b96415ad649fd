#include "model_file/write_back.h"

#include <fcntl.h>

namespace tenfold {

namespace {

int sync_range(int descriptor, std::int64_t begin, std::int64_t n_bytes, unsigned flags) {
  return ::sync_file_range(descriptor, begin, n_bytes, flags);
}

}  // namespace

WriteBack::WriteBack() : WriteBack(&sync_range) {}

void WriteBack::appended(int descriptor, std::uint64_t n_bytes) {
  constexpr unsigned kWaitForIt = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  const auto bring = [&](std::uint64_t begin, unsigned flags) {
    bring_(descriptor, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(kPieceBytes), flags);
  };
  n_written_ += n_bytes;
  for (; n_written_ - n_begun_ >= kPieceBytes; n_begun_ += kPieceBytes) {
    if (n_begun_ > 0) bring(n_begun_ - kPieceBytes, kWaitForIt);
    bring(n_begun_, SYNC_FILE_RANGE_WRITE);
  }
}

}  // namespace tenfold
