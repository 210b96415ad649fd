#include "kernels/simd/mat_mul_q8.h"

#include "kernels/avx2/avx2_table.h"

namespace tenfold::kernels::avx2 {

constinit const KernelTable kMatMulQ8 = mat_mul_q8_entries();

}  // namespace tenfold::kernels::avx2
