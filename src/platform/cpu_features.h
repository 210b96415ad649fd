// Which instruction sets this processor has and the operating system saves. Thread-safe.
#pragma once

namespace tenfold {

struct CpuFeatures {
  bool avx2 = false;         // AVX2, FMA and F16C, with 256-bit registers saved
  bool avx_vnni = false;     // AVX-VNNI besides
  bool avx512_vnni = false;  // AVX-512 F, BW, VL, DQ and VNNI, with 512-bit and mask registers saved
  bool is_intel = false;     // the maker; caches differ more by that than by instruction sets
  bool neon = false;         // armv8-a
  bool neon_dotprod = false;
  bool neon_i8mm = false;
};

// Asked once per process.
const CpuFeatures& cpu_features() noexcept;

}  // namespace tenfold
