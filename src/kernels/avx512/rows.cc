#include "kernels/avx512/avx512_table.h"
#include "kernels/simd/row_ops.h"

namespace tenfold::kernels::avx512 {

constinit const KernelTable kRows = row_entries();

}  // namespace tenfold::kernels::avx512
