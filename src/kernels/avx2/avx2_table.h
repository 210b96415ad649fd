// The table of AVX2 kernels, with FMA and F16C.
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels::avx2 {

const KernelTable& avx2_table() noexcept;

// The parts that the table is made of, one file each.
void add_packing(KernelTable& table) noexcept;
void add_mat_mul_q8(KernelTable& table) noexcept;
void add_mat_mul_f32(KernelTable& table) noexcept;
void add_attention(KernelTable& table) noexcept;
void add_rows(KernelTable& table) noexcept;

}  // namespace tenfold::kernels::avx2
