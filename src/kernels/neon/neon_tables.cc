#include "kernels/neon/neon_tables.h"

#include "kernels/neon/neon_parts.h"
#include "kernels/neon/panel_layout.h"

namespace tenfold::kernels::neon {

namespace {

KernelTable make_table(const char* isa, void (*fill_weights)(WeightKernels (&)[kNumDTypes]) noexcept,
                       const MatMulTable& mat_mul_q8) {
  KernelTable table{};
  table.isa = isa;
  table.panel_rows = kPanelRows;
  fill_weights(table.weights);
  for (int type = 0; type < kNumDTypes; ++type) table.weights[type].mat_mul_q8 = mat_mul_q8.by_type[type];
  fill_kv_kernels(table);
  fill_row_kernels(table);
  fill_activation_kernels(table);
  return table;
}

}  // namespace

const KernelTable& neon_table(Variant variant) noexcept {
  static const KernelTable tables[kNumVariants] = {
      make_table("neon+none", fill_weights_in_pairs, kMatMulQ8Plain),
      make_table("neon+dotprod", fill_weights_in_quads, kMatMulQ8Dotprod),
      make_table("neon+i8mm", fill_weights_in_pairs, kMatMulQ8I8mm),
  };
  return tables[static_cast<int>(variant)];
}

}  // namespace tenfold::kernels::neon
