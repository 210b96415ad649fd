#include "kernels/avx2/avx2_table.h"

#include "kernels/table_parts.h"

namespace tenfold::kernels::avx2 {

const KernelTable& avx2_table() noexcept {
  static const KernelTable table = put_together("avx2", {kPacking, kMatMulF32, kMatMulQ8, kAttention, kRows});
  return table;
}

}  // namespace tenfold::kernels::avx2
