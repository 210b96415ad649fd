// The table of AVX2 kernels with AVX-VNNI for what multiplies whole numbers.
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels::avx_vnni {

const KernelTable& avx_vnni_table() noexcept;

// The parts that differ from AVX2, one file each.
void add_mat_mul_q8(KernelTable& table) noexcept;
void add_attention(KernelTable& table) noexcept;

}  // namespace tenfold::kernels::avx_vnni
