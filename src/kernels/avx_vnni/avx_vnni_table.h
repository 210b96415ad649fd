// The table of AVX2 kernels with AVX-VNNI for what multiplies whole numbers.
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels::avx_vnni {

const KernelTable& avx_vnni_table() noexcept;

// The parts that differ from AVX2's, one file each.
extern const KernelTable kMatMulQ8;
extern const KernelTable kAttention;

}  // namespace tenfold::kernels::avx_vnni
