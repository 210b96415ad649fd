#include "kernels/avx512/avx512_table.h"

#include "kernels/table_parts.h"

namespace tenfold::kernels::avx512 {

const KernelTable& avx512_table() noexcept {
  static const KernelTable table = put_together("avx512", {kPacking, kMatMulF32, kMatMulQ8, kAttention, kRows});
  return table;
}

}  // namespace tenfold::kernels::avx512
