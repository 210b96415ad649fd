#include "kernels/avx_vnni/avx_vnni_table.h"

#include "kernels/avx2/avx2_table.h"

namespace tenfold::kernels::avx_vnni {

namespace {

KernelTable make_table() noexcept {
  KernelTable table = avx2::avx2_table();
  table.isa = "avx_vnni";
  add_mat_mul_q8(table);
  add_attention(table);
  return table;
}

}  // namespace

const KernelTable& avx_vnni_table() noexcept {
  static const KernelTable table = make_table();
  return table;
}

}  // namespace tenfold::kernels::avx_vnni
