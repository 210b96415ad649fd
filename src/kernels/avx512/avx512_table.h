// The table of AVX-512 kernels: F, BW, VL, DQ and VNNI (Ice Lake, Zen 4 and later).
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels::avx512 {

const KernelTable& avx512_table() noexcept;

// The parts that the table is made of, one file each.
void add_packing(KernelTable& table) noexcept;
void add_mat_mul_q8(KernelTable& table) noexcept;
void add_mat_mul_f32(KernelTable& table) noexcept;
void add_attention(KernelTable& table) noexcept;
void add_rows(KernelTable& table) noexcept;

}  // namespace tenfold::kernels::avx512
