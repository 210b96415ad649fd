// Where the limits of this process's control group are written, for cgroup v1 and v2. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenfold {

enum class CgroupVersion { kV1, kV2 };

struct CgroupDirectory {
  CgroupVersion version;
  std::string path;
};

// The directories, from the process's own group up to the root, whose limits all hold for it. A container may not see
// its own path; then only the root is left, which is the container's own group there. Some may not exist.
//   root:        "" for the real system
//   controller:  "cpu" or "memory"
std::vector<CgroupDirectory> cgroup_directories(const std::string& root, std::string_view controller);

// The path of /proc/self/cgroup for a v1 controller, or the v2 path if `controller` is "". Empty if there is none or it
// could lead out of the hierarchy.
std::string_view find_cgroup_path(std::string_view proc_self_cgroup, std::string_view controller) noexcept;

}  // namespace tenfold
