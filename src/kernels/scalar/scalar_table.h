// The specification of every kernel, in plain loops. Runs everywhere.
#pragma once

#include "kernels/kernel_table.h"

namespace tenfold::kernels::scalar {

const KernelTable& scalar_table() noexcept;

// The parts that the table is made of, one file each.
void add_weight_kernels(KernelTable& table);
void add_attention_kernels(KernelTable& table);
void add_row_kernels(KernelTable& table);

}  // namespace tenfold::kernels::scalar
