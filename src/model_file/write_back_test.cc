#include "model_file/write_back.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tenfold {
namespace {

constexpr std::int64_t kPiece = WriteBack::kPieceBytes;

// What the disk has been asked for: bytes from the beginning of the file on.
std::int64_t n_begun, n_there;

int bring(int descriptor, std::int64_t begin, std::int64_t n_bytes, unsigned flags) {
  EXPECT_EQ(descriptor, 7);
  EXPECT_NE(flags & SYNC_FILE_RANGE_WRITE, 0U);
  const bool waits = (flags & SYNC_FILE_RANGE_WAIT_AFTER) != 0;
  std::int64_t& reached = waits ? n_there : n_begun;
  EXPECT_EQ(begin, reached) << "one piece after the other";
  reached = begin + n_bytes;
  EXPECT_LE(n_there, n_begun);
  return 0;
}

TEST(WriteBack, LeavesTwoPiecesAtMostForTheSync) {
  for (const std::int64_t n_bytes : {std::int64_t{1000}, std::int64_t{1} << 20, 5 * kPiece + 3}) {
    n_begun = n_there = 0;
    WriteBack back(&bring);
    std::int64_t n_written = 0;
    while (n_written < 20 * kPiece) {
      back.appended(7, static_cast<std::uint64_t>(n_bytes));
      n_written += n_bytes;
      EXPECT_LE(n_begun, n_written) << "what has not been written cannot be brought anywhere";
      EXPECT_LT(n_written - n_begun, kPiece);
      EXPECT_LT(n_written - n_there, 2 * kPiece);
    }
  }
}

}  // namespace
}  // namespace tenfold
