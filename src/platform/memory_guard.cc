#include "platform/memory_guard.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "platform/memory_info.h"

namespace tenfold {

Status expect_memory_for(std::string_view what, std::uint64_t n_bytes) {
  constexpr std::uint64_t kLittle = std::uint64_t{16} << 20;
  if (n_bytes < kLittle) return {};
  const std::uint64_t left = memory_left();
  if (n_bytes <= left) return {};
  return resource_exhausted("memory: ", what, ": ", n_bytes, " bytes, expected at most the ", left, " that are left");
}

std::uint64_t memory_left() {
  constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
  const MemoryInfo info = read_memory_info();
  return std::min(usable_memory_bytes(info).value_or(kNoLimit), mappable_memory_bytes(info).value_or(kNoLimit));
}

}  // namespace tenfold
