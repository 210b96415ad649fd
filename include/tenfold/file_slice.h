// FileSlice: a part of a file that is open already, such as an asset within an Android package. Plain data.
#pragma once

#include <cstdint>

namespace tenfold {

struct FileSlice {
  int descriptor = -1;  // of a regular file, open for reading; only borrowed for the call that takes it
  std::uint64_t offset = 0;
  std::uint64_t n_bytes = 0;
};

}  // namespace tenfold
