#include "platform/cpu_features.h"

#include <gtest/gtest.h>

#include <fstream>
#include <initializer_list>
#include <set>
#include <sstream>
#include <string>

namespace tenfold {
namespace {

[[maybe_unused]] std::string maker_by_linux() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.rfind("vendor_id", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "";
}

// What Linux says this processor has: it lists a feature only where it saves the registers, too.
std::set<std::string> flags_of_linux() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::set<std::string> flags;
  for (std::string line; std::getline(cpuinfo, line) && flags.empty();) {
    if (line.rfind("flags", 0) != 0 && line.rfind("Features", 0) != 0) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    for (std::string word; words >> word;) flags.insert(word);
  }
  return flags;
}

TEST(CpuFeatures, AgreeWithLinux) {
  const std::set<std::string> flags = flags_of_linux();
  const CpuFeatures& cpu = cpu_features();
  [[maybe_unused]] const auto has_all = [&](std::initializer_list<const char*> names) {
    for (const char* name : names) {
      if (!flags.contains(name)) return false;
    }
    return true;
  };
#if defined(__x86_64__)
  ASSERT_TRUE(flags.contains("sse2"));
  EXPECT_EQ(cpu.avx2, has_all({"avx", "avx2", "fma", "f16c"}));
  EXPECT_EQ(cpu.avx_vnni, cpu.avx2 && has_all({"avx_vnni"}));
  EXPECT_EQ(cpu.avx512_vnni, cpu.avx2 && has_all({"avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_vnni"}));
  EXPECT_FALSE(cpu.neon);
  EXPECT_EQ(cpu.is_intel, maker_by_linux() == "GenuineIntel");
#elif defined(__aarch64__)
  EXPECT_TRUE(cpu.neon);
  EXPECT_FALSE(cpu.avx2);
  EXPECT_LE(cpu.neon_i8mm, cpu.neon_dotprod);
  // An emulator shows the host's list, if any.
  if (flags.contains("asimd")) {
    EXPECT_EQ(cpu.neon_dotprod, flags.contains("asimddp"));
  }
#endif
}

}  // namespace
}  // namespace tenfold
