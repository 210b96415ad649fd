#include "kernels/table_parts.h"

namespace tenfold::kernels {

KernelTable put_together(const char* isa, const TableParts& parts) noexcept {
  KernelTable table = parts.rows;
  table.isa = isa;
  table.panel_rows = parts.packing.panel_rows;
  for (int type = 0; type < kNumDTypes; ++type) {
    const WeightKernels& packing = parts.packing.weights[type];
    const WeightKernels& floats = parts.mat_mul_f32.weights[type];
    table.weights[type] = {packing.panel_bytes, packing.pack,       packing.unpack,
                           floats.row_to_f32,   floats.mat_mul_f32, parts.mat_mul_q8.weights[type].mat_mul_q8};
  }
  for (int type = 0; type < kNumKvTypes; ++type) table.kv[type] = parts.attention.kv[type];
  table.dot_products = parts.mat_mul_q8.dot_products;
  table.merge_attention = parts.attention.merge_attention;
  return table;
}

}  // namespace tenfold::kernels
