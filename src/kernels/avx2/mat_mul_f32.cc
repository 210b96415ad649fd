#include "kernels/avx2/dot.h"
// The instruction set's names come first.
#include "kernels/avx2/avx2_table.h"
#include "kernels/simd/mat_mul_f32.h"

namespace tenfold::kernels::avx2 {

void add_mat_mul_f32(KernelTable& table) noexcept { kernels::add_mat_mul_f32(table); }

}  // namespace tenfold::kernels::avx2
