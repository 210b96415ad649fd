#include "kernels/avx2/avx2_table.h"

namespace tenfold::kernels::avx2 {

namespace {

KernelTable make_table() noexcept {
  KernelTable table{};
  table.isa = "avx2";
  add_packing(table);
  add_mat_mul_q8(table);
  add_mat_mul_f32(table);
  add_attention(table);
  add_rows(table);
  return table;
}

}  // namespace

const KernelTable& avx2_table() noexcept {
  static const KernelTable table = make_table();
  return table;
}

}  // namespace tenfold::kernels::avx2
