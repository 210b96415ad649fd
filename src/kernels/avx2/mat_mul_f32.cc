#include "kernels/simd/mat_mul_f32.h"

#include "kernels/avx2/avx2_table.h"

namespace tenfold::kernels::avx2 {

constinit const KernelTable kMatMulF32 = mat_mul_f32_entries();

}  // namespace tenfold::kernels::avx2
