#include "kernels/avx_vnni/avx_vnni_table.h"

#include "kernels/avx2/avx2_table.h"
#include "kernels/table_parts.h"

namespace tenfold::kernels::avx_vnni {

const KernelTable& avx_vnni_table() noexcept {
  static const KernelTable table =
      put_together("avx_vnni", {avx2::kPacking, avx2::kMatMulF32, kMatMulQ8, kAttention, avx2::kRows});
  return table;
}

}  // namespace tenfold::kernels::avx_vnni
