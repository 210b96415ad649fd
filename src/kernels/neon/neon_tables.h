// The NEON kernel tables. They differ in how they multiply 8-bit codes, hence in the order of codes in a panel, and in
// nothing else: their results are equal bit for bit. Pure functions, thread-safe.
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels::neon {

enum class Variant : uint8_t {
  kPlain,    // armv8-a, "neon+none"
  kDotprod,  // FEAT_DotProd, "neon+dotprod"
  kI8mm,     // FEAT_DotProd and FEAT_I8MM, "neon+i8mm"
};
constexpr int kNumVariants = 3;

const KernelTable& neon_table(Variant variant) noexcept;

}  // namespace tenfold::kernels::neon
