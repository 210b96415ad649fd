// What the files of this folder give neon_tables.cc to put a table together.
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels::neon {

struct MatMulTable {
  MatMulFn by_type[kNumDTypes];  // null for F32, F16, BF16
};
extern const MatMulTable kMatMulQ8Plain;
extern const MatMulTable kMatMulQ8Dotprod;
extern const MatMulTable kMatMulQ8I8mm;

// Everything of a type but mat_mul_q8; the order of codes (panel_layout.h) goes with the mat_mul_q8 that reads it.
void fill_weights_in_quads(WeightKernels (&weights)[kNumDTypes]) noexcept;
void fill_weights_in_pairs(WeightKernels (&weights)[kNumDTypes]) noexcept;

void fill_kv_kernels(KernelTable& table) noexcept;
void fill_row_kernels(KernelTable& table) noexcept;
void fill_activation_kernels(KernelTable& table) noexcept;

}  // namespace tenfold::kernels::neon
