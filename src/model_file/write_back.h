// WriteBack: has what is appended to a file brought to the disk piece by piece, while more is being appended.
//
// A sync at the end has little left to do then, so that whoever stops the writing does not wait long for it, and a file
// of gigabytes does not fill the memory with pages that wait for the disk. Of one file; one caller at a time.
#pragma once

#include <cstdint>

namespace tenfold {

class WriteBack {
 public:
  // At most two pieces are not on the disk.
  static constexpr std::uint64_t kPieceBytes = std::uint64_t{8} << 20;
  using BringRange = int (*)(int descriptor, std::int64_t begin, std::int64_t n_bytes, unsigned flags);

  WriteBack();
  // bring: what sync_file_range() does
  explicit WriteBack(BringRange bring) : bring_(bring) {}

  // n_bytes more were written at the end of the file, which begins with the first call. Waits for the disk. What cannot
  // be brought there now is for the sync to report.
  void appended(int descriptor, std::uint64_t n_bytes);

 private:
  BringRange bring_;
  std::uint64_t n_written_ = 0;
  std::uint64_t n_begun_ = 0;  // whole pieces on their way, the last of them perhaps not there yet
};

}  // namespace tenfold
