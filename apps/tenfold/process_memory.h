// What this process has held in memory.
#pragma once

#include <cstdint>

namespace tenfold::cli {

// The most bytes that were resident at one time since the program started; 0 if the system does not tell.
std::uint64_t peak_rss_bytes();

}  // namespace tenfold::cli
