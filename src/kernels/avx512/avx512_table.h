// The table of AVX-512 kernels: F, BW, VL, DQ and VNNI (Ice Lake, Zen 4 and later).
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels::avx512 {

const KernelTable& avx512_table() noexcept;

// The parts that the table is made of, one file each.
extern const KernelTable kPacking;
extern const KernelTable kMatMulF32;
extern const KernelTable kMatMulQ8;
extern const KernelTable kAttention;
extern const KernelTable kRows;

}  // namespace tenfold::kernels::avx512
