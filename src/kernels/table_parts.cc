#include "kernels/table_parts.h"

#include "base/contracts.h"

namespace tenfold::kernels {

namespace {

bool is_complete(const WeightKernels& w) {
  return w.panel_bytes != nullptr && w.pack != nullptr && w.unpack != nullptr && w.row_to_f32 != nullptr &&
         w.mat_mul_f32 != nullptr;
}

bool is_complete(const KvKernels& kv) {
  return kv.block_bytes != nullptr && kv.store != nullptr && kv.attend != nullptr;
}

// But for the products with Q8 rows, which only quantised types have.
[[maybe_unused]] bool is_complete(const KernelTable& t) {
  for (const WeightKernels& weights : t.weights) {
    if (!is_complete(weights)) return false;
  }
  for (const KvKernels& kv : t.kv) {
    if (!is_complete(kv)) return false;
  }
  const bool is_power_of_two = t.panel_rows >= 1 && t.panel_rows <= 32 && (t.panel_rows & (t.panel_rows - 1)) == 0;
  return is_power_of_two && t.merge_attention != nullptr && t.quantize_q8 != nullptr && t.rms_norm != nullptr &&
         t.rope_interleaved != nullptr && t.rope_neox != nullptr && t.silu_mul != nullptr && t.gelu_mul != nullptr &&
         t.gelu_erf != nullptr && t.add != nullptr && t.scale != nullptr && t.softcap != nullptr;
}

}  // namespace

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
  table.merge_attention = parts.attention.merge_attention;
  TENFOLD_DCHECK(is_complete(table));
  return table;
}

}  // namespace tenfold::kernels
