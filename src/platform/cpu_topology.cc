#include "platform/cpu_topology.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <limits>

#include "base/cat.h"
#include "base/contracts.h"
#include "platform/cgroup.h"
#include "platform/small_file.h"

namespace tenfold {

namespace {

constexpr int kMaxCpus = 4096;
constexpr double kNoQuota = std::numeric_limits<double>::infinity();

std::vector<int> affinity_mask() {
  // cpu_set_t holds 1024 CPUs at most; the call takes any size.
  constexpr std::size_t kBitsPerWord = sizeof(unsigned long) * CHAR_BIT;
  unsigned long mask[kMaxCpus / kBitsPerWord] = {};
  std::vector<int> ids;
  if (sched_getaffinity(0, sizeof(mask), reinterpret_cast<cpu_set_t*>(mask)) != 0) return ids;
  for (int id = 0; id < kMaxCpus; ++id) {
    const auto bit = static_cast<std::size_t>(id);
    if ((mask[bit / kBitsPerWord] >> (bit % kBitsPerWord) & 1) != 0) ids.push_back(id);
  }
  return ids;
}

std::vector<int> online_cpus(const std::string& root, const std::vector<int>& allowed) {
  const std::optional<std::string> text = read_small_file(root + "/sys/devices/system/cpu/online");
  if (text) {
    if (auto ids = parse_cpu_list(*text); ids && !ids->empty()) return *std::move(ids);
  }
  if (!allowed.empty()) return allowed;
  std::vector<int> ids;
  const long n = std::clamp(sysconf(_SC_NPROCESSORS_ONLN), 1L, static_cast<long>(kMaxCpus));
  for (int id = 0; id < n; ++id) ids.push_back(id);
  return ids;
}

std::uint64_t number_or_zero(const std::string& path) {
  const std::optional<std::string> text = read_small_file(path);
  return text ? parse_u64(trimmed(*text)).value_or(0) : 0;
}

std::optional<double> quota_of(const CgroupDirectory& directory) {
  if (directory.version == CgroupVersion::kV2) {
    const std::optional<std::string> text = read_small_file(directory.path + "/cpu.max");
    return text ? parse_cpu_max(*text) : std::nullopt;
  }
  const std::optional<std::string> quota = read_small_file(directory.path + "/cpu.cfs_quota_us");
  const std::optional<std::string> period = read_small_file(directory.path + "/cpu.cfs_period_us");
  return quota && period ? parse_cfs_quota(*quota, *period) : std::nullopt;
}

std::optional<double> ratio(std::string_view quota_us, std::string_view period_us) {
  const std::optional<std::uint64_t> quota = parse_u64(quota_us);
  const std::optional<std::uint64_t> period = parse_u64(period_us);
  if (!quota || !period || *quota == 0 || *period == 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

// How big a core is, in one unit for all cores, and the share of the biggest below which the smallest kind is LITTLE.
struct SizeScale {
  std::uint64_t CpuCore::* size;
  double little_share;
};

SizeScale size_scale(const std::vector<CpuCore>& cores) {
  const bool has_capacity = std::all_of(cores.begin(), cores.end(), [](const CpuCore& c) { return c.capacity > 0; });
  if (has_capacity) return {&CpuCore::capacity, 0.5};
  return {&CpuCore::max_freq_khz, 0.7};
}

int within_quota(std::size_t n_cores, const CpuTopology& topology) {
  const auto n = static_cast<double>(n_cores);
  return std::max(1, static_cast<int>(std::min(n, std::ceil(topology.quota.value_or(n)))));
}

}  // namespace

CpuTopology read_cpu_topology() { return read_cpu_topology_at("", affinity_mask()); }

CpuTopology read_cpu_topology_at(const std::string& root, const std::vector<int>& allowed) {
  CpuTopology topology;
  for (const int id : online_cpus(root, allowed)) {
    const std::string directory = cat(root, "/sys/devices/system/cpu/cpu", id);
    CpuCore core;
    core.id = id;
    core.allowed = allowed.empty() || std::find(allowed.begin(), allowed.end(), id) != allowed.end();
    core.capacity = number_or_zero(directory + "/cpu_capacity");
    core.max_freq_khz = number_or_zero(directory + "/cpufreq/cpuinfo_max_freq");
    topology.cores.push_back(core);
  }
  for (const CgroupDirectory& directory : cgroup_directories(root, "cpu")) {
    const double quota = quota_of(directory).value_or(kNoQuota);
    if (quota < topology.quota.value_or(kNoQuota)) topology.quota = quota;
  }
  return topology;
}

std::vector<int> big_cores(const CpuTopology& topology) {
  TENFOLD_DCHECK(!topology.cores.empty());
  const auto [size, little_share] = size_scale(topology.cores);
  std::uint64_t smallest = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t biggest = 0;
  for (const CpuCore& core : topology.cores) {
    smallest = std::min(smallest, core.*size);
    biggest = std::max(biggest, core.*size);
  }
  // A core that tells no size counts as big.
  const bool has_little = smallest > 0 && static_cast<double>(smallest) < little_share * static_cast<double>(biggest);
  std::vector<CpuCore> allowed, big;
  for (const CpuCore& core : topology.cores) {
    if (!core.allowed) continue;
    allowed.push_back(core);
    if (!has_little || core.*size > smallest) big.push_back(core);
  }
  if (big.empty()) big = allowed.empty() ? topology.cores : allowed;
  std::sort(big.begin(), big.end(),
            [=](const CpuCore& a, const CpuCore& b) { return a.*size != b.*size ? a.*size > b.*size : a.id < b.id; });
  std::vector<int> ids;
  for (const CpuCore& core : big) ids.push_back(core.id);
  return ids;
}

int default_thread_count(const CpuTopology& topology) { return within_quota(big_cores(topology).size(), topology); }

int max_thread_count(const CpuTopology& topology) {
  TENFOLD_DCHECK(!topology.cores.empty());
  const auto n_allowed =
      std::count_if(topology.cores.begin(), topology.cores.end(), [](const CpuCore& core) { return core.allowed; });
  // Where no allowed core is online, one of the two is wrong; big_cores() believes in all of them then, and so do we.
  return within_quota(n_allowed > 0 ? static_cast<std::size_t>(n_allowed) : topology.cores.size(), topology);
}

int choose_thread_count(const CpuTopology& topology, int asked) {
  return asked > 0 ? std::min(asked, max_thread_count(topology)) : default_thread_count(topology);
}

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
  std::vector<bool> present(kMaxCpus, false);
  text = trimmed(text);
  while (!text.empty()) {
    const std::size_t end = text.find(',');
    const std::string_view range = text.substr(0, end);
    const std::size_t dash = range.find('-');
    const std::optional<std::uint64_t> first = parse_u64(range.substr(0, dash));
    const std::optional<std::uint64_t> last =
        dash == std::string_view::npos ? first : parse_u64(range.substr(dash + 1));
    if (!first || !last || *first > *last || *last >= kMaxCpus) return std::nullopt;
    std::fill(present.begin() + static_cast<std::ptrdiff_t>(*first),
              present.begin() + static_cast<std::ptrdiff_t>(*last) + 1, true);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    if (text.empty()) return std::nullopt;
  }
  std::vector<int> ids;
  for (int id = 0; id < kMaxCpus; ++id) {
    if (present[static_cast<std::size_t>(id)]) ids.push_back(id);
  }
  return ids;
}

std::optional<double> parse_cpu_max(std::string_view text) {
  text = trimmed(text);
  const std::size_t space = text.find(' ');
  const std::string_view quota = text.substr(0, space);
  const std::string_view period = space == std::string_view::npos ? "100000" : trimmed(text.substr(space));
  if (quota == "max") return kNoQuota;
  return ratio(quota, period);
}

std::optional<double> parse_cfs_quota(std::string_view quota_us, std::string_view period_us) {
  if (trimmed(quota_us) == "-1") return kNoQuota;
  return ratio(trimmed(quota_us), trimmed(period_us));
}

}  // namespace tenfold
