#include "kernels/simd/mat_mul_q8.h"

#include "kernels/avx_vnni/avx_vnni_table.h"

namespace tenfold::kernels::avx_vnni {

constinit const KernelTable kMatMulQ8 = mat_mul_q8_entries();

}  // namespace tenfold::kernels::avx_vnni
