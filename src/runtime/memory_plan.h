// Memory plan: where each intermediate value lives in one arena, so that nothing is allocated while a model runs.
//
// Values whose lives do not overlap may share bytes. Pure function, thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tenfold {

// n rounded up to whole cache lines of 64 bytes.
constexpr std::size_t align_64(std::size_t n) { return (n + 63) / 64 * 64; }

struct ValueLife {
  std::size_t n_bytes = 0;
  int first_use = 0;  // when it is written first: the number of a stage
  int last_use = 0;   // when it is read last, inclusive; not before the first
};

struct MemoryPlan {
  std::vector<std::size_t> offsets;  // one a value, multiples of 64
  std::size_t n_bytes = 0;           // of the whole arena
};

// Greedy by size: the biggest values are placed first, each at the lowest offset where nothing alive at the same time
// lies.
MemoryPlan plan_memory(std::span<const ValueLife> values);

}  // namespace tenfold
