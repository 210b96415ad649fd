// Which cores this process may really use, and which of them are big. Read once; plain values, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenfold {

struct CpuCore {
  int id = 0;
  bool allowed = true;             // in the process's affinity mask
  std::uint64_t capacity = 0;      // cpu_capacity, 1024 is the biggest core of the machine; 0: not told
  std::uint64_t max_freq_khz = 0;  // cpuinfo_max_freq; 0: not told
};

struct CpuTopology {
  std::vector<CpuCore> cores;   // online, ascending id; never empty
  std::optional<double> quota;  // CPUs' worth of time that the cgroup grants; none: no limit
};

// Never fails: what the system does not tell stays unknown.
CpuTopology read_cpu_topology();

// The same from another root than "", for tests: `root`/sys and `root`/proc; `allowed` is the affinity mask, empty if
// it is not known.
CpuTopology read_cpu_topology_at(const std::string& root, const std::vector<int>& allowed);

// Allowed cores that are not LITTLE, biggest first, then by id. Never empty. LITTLE are the cores of the smallest kind,
// if that is far smaller than the biggest (half the capacity; where the kernel tells none, 0.7 of the frequency): a
// phone's middle cores are worth having. Where only LITTLE cores are allowed, those.
std::vector<int> big_cores(const CpuTopology& topology);

// The number of big cores, at most the quota rounded up; at least 1.
int default_thread_count(const CpuTopology& topology);

// The most threads that can run at the same time: allowed cores of any kind, at most the quota rounded up; at least 1.
int max_thread_count(const CpuTopology& topology);

// The number asked for, as far as that many can run; the default for 0.
int choose_thread_count(const CpuTopology& topology, int asked);

// The parsers, each of text that anyone may have written. nullopt: not that format.
// "0-3,5,7-8" → ids, ascending, without doubles, each below 4096.
std::optional<std::vector<int>> parse_cpu_list(std::string_view text);
// cgroup v2 cpu.max: "150000 100000" → 1.5; "max 100000" → infinity.
std::optional<double> parse_cpu_max(std::string_view text);
// cgroup v1 cpu.cfs_quota_us and cpu.cfs_period_us: "150000", "100000" → 1.5; "-1" → infinity.
std::optional<double> parse_cfs_quota(std::string_view quota_us, std::string_view period_us);

}  // namespace tenfold
