#include "platform/cpu_topology.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cmath>

#include "base/cat.h"
#include "platform/fake_system_testing.h"

namespace tenfold {
namespace {

void write_cores(const FakeSystem& system, const std::vector<int>& capacities, const std::vector<int>& freqs_khz) {
  const std::size_t n = std::max(capacities.size(), freqs_khz.size());
  system.write("/sys/devices/system/cpu/online", cat("0-", n - 1, "\n"));
  for (std::size_t i = 0; i < n; ++i) {
    const std::string directory = cat("/sys/devices/system/cpu/cpu", i);
    if (i < capacities.size()) system.write(directory + "/cpu_capacity", cat(capacities[i], "\n"));
    if (i < freqs_khz.size()) system.write(directory + "/cpufreq/cpuinfo_max_freq", cat(freqs_khz[i], "\n"));
  }
}

TEST(CpuTopology, PhoneWithThreeKindsOfCores) {
  const FakeSystem system;
  write_cores(system, {160, 160, 160, 160, 498, 498, 1024, 1024},
              {1803000, 1803000, 1803000, 1803000, 2253000, 2253000, 2802000, 2802000});
  const CpuTopology topology = read_cpu_topology_at(system.root(), {});
  ASSERT_EQ(topology.cores.size(), 8U);
  EXPECT_EQ(topology.cores[4].capacity, 498U);
  EXPECT_EQ(topology.cores[7].max_freq_khz, 2802000U);
  EXPECT_EQ(topology.quota, std::nullopt);
  EXPECT_EQ(big_cores(topology), (std::vector<int>{6, 7, 4, 5}));
  EXPECT_EQ(default_thread_count(topology), 4);
}

TEST(CpuTopology, PhoneAppInTheBackgroundHasOnlyLittleCores) {
  const FakeSystem system;
  write_cores(system, {325, 325, 325, 325, 1024, 1024, 1024, 1024}, {});
  EXPECT_EQ(big_cores(read_cpu_topology_at(system.root(), {0, 1, 2})), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(big_cores(read_cpu_topology_at(system.root(), {0, 3, 5, 6})), (std::vector<int>{5, 6}));
}

TEST(CpuTopology, LittleCoresMayBeAskedForButNotMoreThanAreAllowed) {
  const FakeSystem system;
  write_cores(system, {325, 325, 325, 325, 1024, 1024, 1024, 1024}, {});
  EXPECT_EQ(default_thread_count(read_cpu_topology_at(system.root(), {})), 4);
  EXPECT_EQ(max_thread_count(read_cpu_topology_at(system.root(), {})), 8);
  EXPECT_EQ(max_thread_count(read_cpu_topology_at(system.root(), {0, 3, 5})), 3);
  EXPECT_EQ(choose_thread_count(read_cpu_topology_at(system.root(), {}), 0), 4);
  EXPECT_EQ(choose_thread_count(read_cpu_topology_at(system.root(), {}), 5), 5);
  EXPECT_EQ(choose_thread_count(read_cpu_topology_at(system.root(), {}), 9), 8);
}

TEST(CpuTopology, FrequenciesTellWhereCapacitiesDoNot) {
  const FakeSystem system;
  write_cores(system, {}, {2016000, 2016000, 2016000, 2803200, 2803200, 2803200, 2803200, 3187200});
  EXPECT_EQ(big_cores(read_cpu_topology_at(system.root(), {})), (std::vector<int>{7, 3, 4, 5, 6}));
}

TEST(CpuTopology, HybridDesktopUsesItsEfficientCoresToo) {
  const FakeSystem system;
  write_cores(system, {}, {5000000, 5000000, 5100000, 5100000, 3800000, 3800000, 3800000, 3800000});
  EXPECT_EQ(big_cores(read_cpu_topology_at(system.root(), {})), (std::vector<int>{2, 3, 0, 1, 4, 5, 6, 7}));
}

TEST(CpuTopology, VirtualMachineTellsNothingButItsCores) {
  const FakeSystem system;
  system.write("/sys/devices/system/cpu/online", "0-1\n");
  const CpuTopology topology = read_cpu_topology_at(system.root(), {0, 1});
  EXPECT_EQ(big_cores(topology), (std::vector<int>{0, 1}));
  EXPECT_EQ(default_thread_count(topology), 2);
  EXPECT_EQ(default_thread_count(read_cpu_topology_at(system.root(), {1})), 1);
}

TEST(CpuTopology, QuotaIsRoundedUpAndTheTightestCounts) {
  const FakeSystem system;
  system.write("/sys/devices/system/cpu/online", "0-7");
  system.write("/proc/self/cgroup", "0::/pod/box\n");
  system.write("/sys/fs/cgroup/pod/box/cpu.max", "max 100000\n");
  EXPECT_EQ(read_cpu_topology_at(system.root(), {}).quota, std::nullopt);
  system.write("/sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
  system.write("/sys/fs/cgroup/cpu.max", "400000 100000\n");
  const CpuTopology topology = read_cpu_topology_at(system.root(), {});
  EXPECT_EQ(topology.quota, 1.5);
  EXPECT_EQ(default_thread_count(topology), 2);
  EXPECT_EQ(max_thread_count(topology), 2);
  system.write("/sys/fs/cgroup/pod/cpu.max", "1000 100000\n");
  EXPECT_EQ(default_thread_count(read_cpu_topology_at(system.root(), {})), 1);
  EXPECT_EQ(max_thread_count(read_cpu_topology_at(system.root(), {})), 1);
}

TEST(CpuTopology, QuotaOfCgroupV1) {
  const FakeSystem system;
  system.write("/sys/devices/system/cpu/online", "0-7");
  system.write("/proc/self/cgroup", "3:cpu,cpuacct:/docker/x\n");
  system.write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  system.write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(default_thread_count(read_cpu_topology_at(system.root(), {})), 8);
  system.write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n");
  EXPECT_EQ(default_thread_count(read_cpu_topology_at(system.root(), {})), 3);
}

TEST(CpuTopology, HostileAndAbsentFiles) {
  const FakeSystem system;
  EXPECT_EQ(big_cores(read_cpu_topology_at(system.root(), {3, 5})), (std::vector<int>{3, 5}));
  EXPECT_GE(default_thread_count(read_cpu_topology_at(system.root(), {})), 1);
  system.write("/sys/devices/system/cpu/online", "0-99999999999\n");
  EXPECT_EQ(big_cores(read_cpu_topology_at(system.root(), {2})), (std::vector<int>{2}));
  system.write("/sys/devices/system/cpu/online", "0-3\n");
  system.write("/sys/devices/system/cpu/cpu1/cpu_capacity", "-7\n");
  system.write("/sys/devices/system/cpu/cpu2/cpu_capacity", "99999999999999999999999999\n");
  system.write("/sys/fs/cgroup/cpu.max", "0 0\n");
  EXPECT_EQ(default_thread_count(read_cpu_topology_at(system.root(), {})), 4);
  // Allowed cores that are not online: better all than none.
  EXPECT_EQ(default_thread_count(read_cpu_topology_at(system.root(), {100})), 4);
  EXPECT_EQ(max_thread_count(read_cpu_topology_at(system.root(), {100})), 4);
}

TEST(CpuTopology, ThisMachine) {
  const CpuTopology topology = read_cpu_topology();
  ASSERT_FALSE(topology.cores.empty());
  cpu_set_t mask;
  ASSERT_EQ(sched_getaffinity(0, sizeof(mask), &mask), 0);
  int n_allowed = 0;
  for (const CpuCore& core : topology.cores) n_allowed += core.allowed ? 1 : 0;
  EXPECT_EQ(n_allowed, CPU_COUNT(&mask));
  EXPECT_LE(default_thread_count(topology), n_allowed);
}

TEST(ParseCpuList, Table) {
  using Ids = std::vector<int>;
  EXPECT_EQ(parse_cpu_list("0\n"), Ids({0}));
  EXPECT_EQ(parse_cpu_list("0-3,5,7-8\n"), Ids({0, 1, 2, 3, 5, 7, 8}));
  EXPECT_EQ(parse_cpu_list("5,1-2,2,5"), Ids({1, 2, 5}));
  EXPECT_EQ(parse_cpu_list(" \n"), Ids());
  EXPECT_EQ(parse_cpu_list("0-4095")->size(), 4096U);
  for (const char* bad :
       {"x", "-", "1-", "-1", "3-2", "1,,2", "1,", ",1", "0-4096", "0-18446744073709551616", "1 2", "0x1", "1-2-3"}) {
    EXPECT_EQ(parse_cpu_list(bad), std::nullopt) << bad;
  }
}

TEST(ParseQuota, Table) {
  EXPECT_EQ(parse_cpu_max("150000 100000\n"), 1.5);
  EXPECT_EQ(parse_cpu_max("50000 100000"), 0.5);
  EXPECT_EQ(parse_cpu_max("200000"), 2.0);
  EXPECT_TRUE(std::isinf(*parse_cpu_max("max 100000\n")));
  for (const char* bad : {"", "max100", "0 100000", "100000 0", "-1 100000", "1 2 3", "a b", "100000 -1"}) {
    EXPECT_EQ(parse_cpu_max(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse_cfs_quota("150000\n", "100000\n"), 1.5);
  EXPECT_TRUE(std::isinf(*parse_cfs_quota("-1\n", "100000\n")));
  EXPECT_EQ(parse_cfs_quota("-2", "100000"), std::nullopt);
  EXPECT_EQ(parse_cfs_quota("1", ""), std::nullopt);
}

}  // namespace
}  // namespace tenfold
