// The ceiling of mat_mul_q8: 8-bit dot products of registers and nothing else. `tenfold bench` measures kernels against
// it.
//
// It takes each instruction set's own instructions, so it is compiled beside their kernels. But no model needs it: it
// is no entry of KernelTable, and has a library of its own, tenfold_dot_peak.
#pragma once

#include <stdint.h>

#include "kernels/kernel_table.h"

namespace tenfold::kernels {

// Does some dot products in each round, and returns how many multiplications and additions all of them were.
using DotPeakFn = int64_t (*)(int64_t n_rounds) noexcept;

// That of the instruction set which `table` is of.
DotPeakFn dot_peak(const KernelTable& table) noexcept;

// One file each.
namespace scalar {
extern const DotPeakFn kDotPeak;
}
namespace avx2 {
extern const DotPeakFn kDotPeak;
}
namespace avx_vnni {
extern const DotPeakFn kDotPeak;
}
namespace avx512 {
extern const DotPeakFn kDotPeak;
}
namespace neon {
extern const DotPeakFn kDotPeakPlain;
extern const DotPeakFn kDotPeakDotprod;
extern const DotPeakFn kDotPeakI8mm;
}  // namespace neon

}  // namespace tenfold::kernels
