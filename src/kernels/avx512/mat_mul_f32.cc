#include "kernels/simd/mat_mul_f32.h"

#include "kernels/avx512/avx512_table.h"

namespace tenfold::kernels::avx512 {

constinit const KernelTable kMatMulF32 = mat_mul_f32_entries();

}  // namespace tenfold::kernels::avx512
