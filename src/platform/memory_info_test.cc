#include "platform/memory_info.h"

#include <gtest/gtest.h>

#include "platform/fake_system_testing.h"

namespace tenfold {
namespace {

TEST(MemoryInfo, ReadsMeminfo) {
  const FakeSystem system;
  system.write("/proc/meminfo", "MemTotal:        7864320 kB\nMemFree:  100 kB\nMemAvailable:    2097152 kB\n");
  const MemoryInfo info = read_memory_info_at(system.root());
  EXPECT_EQ(info.total_bytes, 7864320ULL * 1024);
  EXPECT_EQ(info.available_bytes, 2ULL << 30);
  EXPECT_EQ(info.cgroup_limit_bytes, std::nullopt);
  EXPECT_EQ(usable_memory_bytes(info), 2ULL << 30);
}

TEST(MemoryInfo, OldKernelsTellOnlyFreeMemory) {
  const FakeSystem system;
  system.write("/proc/meminfo", "MemTotal: 10 kB\nMemFree: 4 kB\n");
  EXPECT_EQ(read_memory_info_at(system.root()).available_bytes, 4096U);
}

TEST(MemoryInfo, CgroupV2TightestLevelCounts) {
  const FakeSystem system;
  system.write("/proc/meminfo", "MemAvailable: 8388608 kB\n");
  system.write("/proc/self/cgroup", "0::/pod/box\n");
  system.write("/sys/fs/cgroup/pod/box/memory.max", "max\n");
  system.write("/sys/fs/cgroup/pod/box/memory.current", "1000\n");
  system.write("/sys/fs/cgroup/pod/memory.max", "1073741824\n");
  system.write("/sys/fs/cgroup/pod/memory.current", "600000000\n");
  system.write("/sys/fs/cgroup/pod/memory.stat", "anon 1\nfile 400000000\ninactive_file 350000000\n");
  system.write("/sys/fs/cgroup/memory.max", "2000000000\n");
  system.write("/sys/fs/cgroup/memory.current", "1900000000\n");
  const MemoryInfo info = read_memory_info_at(system.root());
  EXPECT_EQ(info.cgroup_limit_bytes, 1073741824U);
  EXPECT_EQ(info.cgroup_left_bytes, 100000000U);  // the outer group is nearly full
  EXPECT_EQ(usable_memory_bytes(info), 100000000U);
  system.write("/sys/fs/cgroup/memory.current", "0\n");
  EXPECT_EQ(read_memory_info_at(system.root()).cgroup_left_bytes, 1073741824U - 600000000U + 350000000U);
}

TEST(MemoryInfo, CgroupV1) {
  const FakeSystem system;
  system.write("/proc/self/cgroup", "4:memory:/docker/x\n");
  system.write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
  system.write("/sys/fs/cgroup/memory/memory.usage_in_bytes", "536870913\n");  // just above: nothing left, no wrap
  EXPECT_EQ(read_memory_info_at(system.root()).cgroup_left_bytes, 0U);
  system.write("/sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 4097\n");
  EXPECT_EQ(read_memory_info_at(system.root()).cgroup_left_bytes, 4096U);
  system.write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(read_memory_info_at(system.root()).cgroup_left_bytes, std::nullopt);
}

TEST(MemoryInfo, ASystemThatPromisesNoMoreThanItHas) {
  const FakeSystem system;
  system.write("/proc/meminfo", "MemAvailable: 8000 kB\nCommitLimit: 5000 kB\nCommitted_AS: 3000 kB\n");
  EXPECT_EQ(mappable_memory_bytes(read_memory_info_at(system.root())), std::nullopt);
  system.write("/proc/sys/vm/overcommit_memory", "2\n");
  EXPECT_EQ(mappable_memory_bytes(read_memory_info_at(system.root())), 2000U * 1024);
  system.write("/proc/meminfo", "CommitLimit: 3000 kB\nCommitted_AS: 5000 kB\n");
  EXPECT_EQ(read_memory_info_at(system.root()).commit_left_bytes, 0U);
  MemoryInfo info;
  info.address_space_left_bytes = 7;
  EXPECT_EQ(mappable_memory_bytes(info), 7U);
  info.commit_left_bytes = 3;
  EXPECT_EQ(mappable_memory_bytes(info), 3U);
}

TEST(MemoryInfo, HostileAndAbsentFiles) {
  const FakeSystem system;
  EXPECT_EQ(usable_memory_bytes(read_memory_info_at(system.root())), std::nullopt);
  system.write("/proc/meminfo", "MemTotal: 18446744073709551615 kB\nMemAvailable: -5 kB\nMemFree: kB\n");
  system.write("/proc/self/cgroup", std::string(100000, ':'));
  system.write("/sys/fs/cgroup/memory.max", "12 monkeys");
  system.write("/sys/fs/cgroup/memory.current", "x");
  const MemoryInfo info = read_memory_info_at(system.root());
  EXPECT_EQ(info.total_bytes, std::nullopt);
  EXPECT_EQ(info.available_bytes, std::nullopt);
  EXPECT_EQ(info.cgroup_limit_bytes, std::nullopt);
}

TEST(MemoryInfo, ThisMachine) {
  const MemoryInfo info = read_memory_info();
  ASSERT_TRUE(info.total_bytes && info.available_bytes);
  EXPECT_GT(*info.available_bytes, 0U);
  EXPECT_LE(*info.available_bytes, *info.total_bytes);
  EXPECT_TRUE(usable_memory_bytes(info).has_value());
}

}  // namespace
}  // namespace tenfold
