#include "kernels/avx512/avx512_table.h"

namespace tenfold::kernels::avx512 {

namespace {

KernelTable make_table() noexcept {
  KernelTable table{};
  table.isa = "avx512";
  add_packing(table);
  add_mat_mul_q8(table);
  add_mat_mul_f32(table);
  add_attention(table);
  add_rows(table);
  return table;
}

}  // namespace

const KernelTable& avx512_table() noexcept {
  static const KernelTable table = make_table();
  return table;
}

}  // namespace tenfold::kernels::avx512
