#include "kernels/avx512/avx512_table.h"
#include "kernels/simd/int16_attention.h"

namespace tenfold::kernels::avx512 {

constinit const KernelTable kAttention = int16_attention_entries();

}  // namespace tenfold::kernels::avx512
