#include "kernels/avx_vnni/avx_vnni_table.h"
#include "kernels/simd/int16_attention.h"

namespace tenfold::kernels::avx_vnni {

constinit const KernelTable kAttention = int16_attention_entries();

}  // namespace tenfold::kernels::avx_vnni
