// How much memory this process may still take. Plain values, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tenfold {

struct MemoryInfo {
  std::optional<std::uint64_t> total_bytes;         // the machine's
  std::optional<std::uint64_t> available_bytes;     // what it can give without swapping
  std::optional<std::uint64_t> cgroup_limit_bytes;  // the tightest limit of a control group around us; none: no limit
  std::optional<std::uint64_t> cgroup_left_bytes;   // the least that is left under any of those limits
  // Of what is mapped, whether it is touched or not: left under RLIMIT_AS (ulimit -v), and under the system's limit
  // where it promises no more than it has (vm.overcommit_memory = 2). None: no limit.
  std::optional<std::uint64_t> address_space_left_bytes;
  std::optional<std::uint64_t> commit_left_bytes;
};

// Never fails: what the system does not tell stays unknown.
MemoryInfo read_memory_info();
// The same from another root than "", for tests: `root`/sys and `root`/proc. Without what is this process's own.
MemoryInfo read_memory_info_at(const std::string& root);

// The smaller of what the machine and the control group have left; none if neither is known.
std::optional<std::uint64_t> usable_memory_bytes(const MemoryInfo& info) noexcept;
// What may still be mapped; none if there is no limit.
std::optional<std::uint64_t> mappable_memory_bytes(const MemoryInfo& info) noexcept;

}  // namespace tenfold
