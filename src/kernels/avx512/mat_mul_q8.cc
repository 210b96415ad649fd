#include "kernels/avx512/simd.h"
// The instruction set's names come first.
#include "kernels/avx512/avx512_table.h"
#include "kernels/simd/mat_mul_q8.h"

namespace tenfold::kernels::avx512 {

constinit const KernelTable kMatMulQ8 = mat_mul_q8_entries();

}  // namespace tenfold::kernels::avx512
