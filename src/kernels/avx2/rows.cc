#include "kernels/avx2/avx2_table.h"
#include "kernels/simd/row_ops.h"

namespace tenfold::kernels::avx2 {

constinit const KernelTable kRows = row_entries();

}  // namespace tenfold::kernels::avx2
