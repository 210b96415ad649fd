#include "platform/cgroup.h"

#include <gtest/gtest.h>

#include "platform/fake_system_testing.h"

namespace tenfold {
namespace {

TEST(Cgroup, FindsThePathOfAController) {
  const char* v1 = "12:pids:/p\n4:memory:/m/a\n3:cpu,cpuacct:/c\n1:name=systemd:/s\n";
  EXPECT_EQ(find_cgroup_path(v1, "memory"), "/m/a");
  EXPECT_EQ(find_cgroup_path(v1, "cpu"), "/c");
  EXPECT_EQ(find_cgroup_path(v1, "cpuacct"), "/c");
  EXPECT_EQ(find_cgroup_path(v1, "cpus"), "");
  EXPECT_EQ(find_cgroup_path(v1, ""), "");
  EXPECT_EQ(find_cgroup_path("0::/user.slice/a:b.scope\n", ""), "/user.slice/a:b.scope");
}

TEST(Cgroup, RefusesBrokenAndEscapingPaths) {
  for (const char* bad : {"", "\n\n", "0::", "0::relative", "0::/../../etc", "0::/a/../b", "0:", "x", ":::"}) {
    EXPECT_EQ(find_cgroup_path(bad, ""), "") << bad;
  }
  EXPECT_EQ(find_cgroup_path("0::/" + std::string(10000, 'a'), ""), "");
}

std::vector<std::string> paths(const FakeSystem& system, std::string_view controller) {
  std::vector<std::string> out;
  for (const CgroupDirectory& d : cgroup_directories(system.root(), controller)) {
    out.push_back((d.version == CgroupVersion::kV2 ? "2 " : "1 ") + d.path.substr(system.root().size()));
  }
  return out;
}

TEST(Cgroup, WalksFromTheGroupToTheRoot) {
  const FakeSystem system;
  system.write("/proc/self/cgroup", "4:memory:/pod/box\n0::/a/b\n");
  EXPECT_EQ(paths(system, "memory"),
            (std::vector<std::string>{"2 /sys/fs/cgroup/a/b", "2 /sys/fs/cgroup/a", "2 /sys/fs/cgroup",
                                      "1 /sys/fs/cgroup/memory/pod/box", "1 /sys/fs/cgroup/memory/pod",
                                      "1 /sys/fs/cgroup/memory"}));
}

TEST(Cgroup, DepthIsBounded) {
  const FakeSystem system;
  std::string deep = "0::";
  for (int i = 0; i < 1000; ++i) deep += "/a";
  system.write("/proc/self/cgroup", deep);
  EXPECT_LE(paths(system, "cpu").size(), 40U);
}

TEST(Cgroup, NothingTold) {
  const FakeSystem system;
  EXPECT_EQ(paths(system, "cpu"), (std::vector<std::string>{"2 /sys/fs/cgroup", "1 /sys/fs/cgroup/cpu"}));
}

}  // namespace
}  // namespace tenfold
