#include "kernels/avx2/avx2_table.h"
#include "kernels/simd/int16_attention.h"

namespace tenfold::kernels::avx2 {

constinit const KernelTable kAttention = int16_attention_entries();

}  // namespace tenfold::kernels::avx2
