#include "platform/memory_info.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "platform/cgroup.h"
#include "platform/small_file.h"

namespace tenfold {

namespace {

struct CgroupFiles {
  const char* limit;
  const char* usage;
  const char* reclaimable;  // page cache that the kernel drops before it refuses memory: not really in use
};
constexpr CgroupFiles kV1Files = {"/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file"};
constexpr CgroupFiles kV2Files = {"/memory.max", "/memory.current", "inactive_file"};

std::optional<std::uint64_t> kib_field(std::string_view meminfo, std::string_view key) noexcept {
  const std::optional<std::uint64_t> kib = find_field(meminfo, key);
  if (!kib || *kib > std::numeric_limits<std::uint64_t>::max() / 1024) return std::nullopt;
  return *kib * 1024;
}

std::optional<std::uint64_t> number_in(const std::string& path) {
  const std::optional<std::string> text = read_small_file(path);
  return text ? parse_u64(trimmed(*text)) : std::nullopt;
}

void keep_smaller(std::optional<std::uint64_t>& least, std::uint64_t value) noexcept {
  least = std::min(least.value_or(value), value);
}

void read_cgroup(const CgroupDirectory& directory, MemoryInfo& info) {
  const CgroupFiles& files = directory.version == CgroupVersion::kV2 ? kV2Files : kV1Files;
  // "max" is no number and v1 writes "no limit" as almost 2^63.
  const std::optional<std::uint64_t> limit = number_in(directory.path + files.limit);
  if (!limit || *limit >= std::uint64_t{1} << 60) return;
  keep_smaller(info.cgroup_limit_bytes, *limit);
  const std::optional<std::uint64_t> usage = number_in(directory.path + files.usage);
  if (!usage) return;
  const std::string stat = read_small_file(directory.path + "/memory.stat").value_or("");
  const std::uint64_t in_use = *usage - std::min(*usage, find_field(stat, files.reclaimable).value_or(0));
  keep_smaller(info.cgroup_left_bytes, *limit - std::min(*limit, in_use));
}

std::optional<std::uint64_t> address_space_left() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  const std::string statm = read_small_file("/proc/self/statm").value_or("");
  const std::optional<std::uint64_t> pages = parse_u64(std::string_view(statm).substr(0, statm.find(' ')));
  if (!pages) return std::nullopt;
  const std::uint64_t mapped = *pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return limit.rlim_cur - std::min<std::uint64_t>(limit.rlim_cur, mapped);
}

std::optional<std::uint64_t> commit_left(const std::string& root, std::string_view meminfo) {
  if (number_in(root + "/proc/sys/vm/overcommit_memory") != 2) return std::nullopt;
  const std::optional<std::uint64_t> limit = kib_field(meminfo, "CommitLimit");
  const std::optional<std::uint64_t> promised = kib_field(meminfo, "Committed_AS");
  if (!limit || !promised) return std::nullopt;
  return *limit - std::min(*limit, *promised);
}

}  // namespace

MemoryInfo read_memory_info() {
  MemoryInfo info = read_memory_info_at("");
  info.address_space_left_bytes = address_space_left();
  return info;
}

MemoryInfo read_memory_info_at(const std::string& root) {
  MemoryInfo info;
  const std::string meminfo = read_small_file(root + "/proc/meminfo").value_or("");
  info.total_bytes = kib_field(meminfo, "MemTotal");
  info.available_bytes = kib_field(meminfo, "MemAvailable");
  if (!info.available_bytes) info.available_bytes = kib_field(meminfo, "MemFree");  // kernels before 3.14
  info.commit_left_bytes = commit_left(root, meminfo);
  for (const CgroupDirectory& directory : cgroup_directories(root, "memory")) read_cgroup(directory, info);
  return info;
}

std::optional<std::uint64_t> usable_memory_bytes(const MemoryInfo& info) noexcept {
  if (!info.available_bytes) return info.cgroup_left_bytes;
  return std::min(*info.available_bytes, info.cgroup_left_bytes.value_or(*info.available_bytes));
}

std::optional<std::uint64_t> mappable_memory_bytes(const MemoryInfo& info) noexcept {
  if (!info.address_space_left_bytes) return info.commit_left_bytes;
  return std::min(*info.address_space_left_bytes, info.commit_left_bytes.value_or(*info.address_space_left_bytes));
}

}  // namespace tenfold
