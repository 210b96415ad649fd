#include "platform/cpu_features.h"

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace tenfold {

namespace {

#if defined(__x86_64__)

struct Leaf {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// All zero where the processor does not have the leaf.
Leaf cpuid(std::uint32_t leaf, std::uint32_t part = 0) noexcept {
  Leaf out;
  __get_cpuid_count(leaf, part, &out.eax, &out.ebx, &out.ecx, &out.edx);
  return out;
}

bool has(std::uint32_t bits, int bit) noexcept { return (bits >> bit & 1) != 0; }

// Which registers the operating system saves: XCR0, as the instruction xgetbv reads it.
std::uint64_t saved_registers() noexcept {
  std::uint32_t low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<std::uint64_t>(high) << 32 | low;
}

// Bit numbers: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2A, CPUID; volume 1, 13.1 (XCR0).
CpuFeatures detect() noexcept {
  CpuFeatures features;
  constexpr std::uint32_t kGenu = 0x756E6547;  // "Genu", of "GenuineIntel" in ebx, edx, ecx
  features.is_intel = cpuid(0).ebx == kGenu;
  const Leaf basic = cpuid(1), extended = cpuid(7);
  const bool osxsave = has(basic.ecx, 27);
  if (!osxsave) return features;
  constexpr std::uint64_t kYmm = 0x6, kZmm = 0xE6;  // SSE and AVX; also masks and both parts of the 512-bit registers
  const std::uint64_t saved = saved_registers();
  const bool fma = has(basic.ecx, 12), f16c = has(basic.ecx, 29), avx = has(basic.ecx, 28);
  features.avx2 = (saved & kYmm) == kYmm && avx && fma && f16c && has(extended.ebx, 5);
  const bool has_more = extended.eax >= 1;  // the largest part of leaf 7
  features.avx_vnni = features.avx2 && has_more && has(cpuid(7, 1).eax, 4);
  const bool avx512 = has(extended.ebx, 16) && has(extended.ebx, 17) && has(extended.ebx, 30) && has(extended.ebx, 31);
  features.avx512_vnni = features.avx2 && (saved & kZmm) == kZmm && avx512 && has(extended.ecx, 11);
  return features;
}

#elif defined(__aarch64__)

// Bit numbers: Linux, Documentation/arch/arm64/elf_hwcaps.rst.
CpuFeatures detect() noexcept {
  constexpr unsigned long kAsimdDp = 1UL << 20, kI8mm = 1UL << 13;
  CpuFeatures features;
  features.neon = true;
  features.neon_dotprod = (getauxval(AT_HWCAP) & kAsimdDp) != 0;
  features.neon_i8mm = features.neon_dotprod && (getauxval(AT_HWCAP2) & kI8mm) != 0;
  return features;
}

#else

CpuFeatures detect() noexcept { return {}; }

#endif

}  // namespace

const CpuFeatures& cpu_features() noexcept {
  static const CpuFeatures features = detect();
  return features;
}

}  // namespace tenfold
