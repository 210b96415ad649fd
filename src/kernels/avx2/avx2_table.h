// The table of AVX2 kernels, with FMA and F16C.
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels::avx2 {

const KernelTable& avx2_table() noexcept;

// The parts that the table is made of, one file each.
extern const KernelTable kPacking;
extern const KernelTable kMatMulF32;
extern const KernelTable kMatMulQ8;
extern const KernelTable kAttention;
extern const KernelTable kRows;

}  // namespace tenfold::kernels::avx2
