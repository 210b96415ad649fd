#include "kernels/avx2/simd.h"
// The instruction set's names come first.
#include "kernels/avx2/avx2_table.h"
#include "kernels/simd/attention.h"

namespace tenfold::kernels::avx2 {

void add_attention(KernelTable& table) noexcept { add_attention_kernels(table); }

}  // namespace tenfold::kernels::avx2
