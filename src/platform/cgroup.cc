#include "platform/cgroup.h"

#include "base/cat.h"
#include "base/contracts.h"
#include "platform/small_file.h"

namespace tenfold {

namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxPath = 4096;

std::string_view next_part(std::string_view& rest, char separator) noexcept {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

// "cpu,cpuacct" names both.
bool names(std::string_view controllers, std::string_view controller) noexcept {
  if (controller.empty()) return controllers.empty();
  while (!controllers.empty()) {
    if (next_part(controllers, ',') == controller) return true;
  }
  return false;
}

void append_ancestors(std::vector<CgroupDirectory>& out, CgroupVersion version, const std::string& mount,
                      std::string_view path) {
  for (int depth = 0; depth < kMaxDepth && path.size() > 1; ++depth) {
    out.push_back({version, cat(mount, path)});
    path = path.substr(0, path.rfind('/'));
  }
  out.push_back({version, mount});
}

}  // namespace

std::string_view find_cgroup_path(std::string_view proc_self_cgroup, std::string_view controller) noexcept {
  while (!proc_self_cgroup.empty()) {
    std::string_view line = next_part(proc_self_cgroup, '\n');
    next_part(line, ':');  // the hierarchy's number
    const std::string_view controllers = next_part(line, ':');
    if (!names(controllers, controller)) continue;
    if (!line.starts_with('/') || line.size() > kMaxPath || line.find("/..") != std::string_view::npos) return {};
    return line;
  }
  return {};
}

std::vector<CgroupDirectory> cgroup_directories(const std::string& root, std::string_view controller) {
  TENFOLD_DCHECK(controller == "cpu" || controller == "memory");
  const std::string groups = read_small_file(root + "/proc/self/cgroup").value_or("");
  std::vector<CgroupDirectory> out;
  append_ancestors(out, CgroupVersion::kV2, root + "/sys/fs/cgroup", find_cgroup_path(groups, ""));
  append_ancestors(out, CgroupVersion::kV1, cat(root, "/sys/fs/cgroup/", controller),
                   find_cgroup_path(groups, controller));
  return out;
}

}  // namespace tenfold
