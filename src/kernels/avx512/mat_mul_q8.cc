#include "kernels/simd/mat_mul_q8.h"

#include "kernels/avx512/avx512_table.h"

namespace tenfold::kernels::avx512 {

constinit const KernelTable kMatMulQ8 = mat_mul_q8_entries();

}  // namespace tenfold::kernels::avx512
