#include "kernels/avx_vnni/dot.h"
// The instruction set's names come first.
#include "kernels/avx_vnni/avx_vnni_table.h"
#include "kernels/simd/int16_attention.h"

namespace tenfold::kernels::avx_vnni {

void add_attention(KernelTable& table) noexcept {
  add_attention_kernels(table);
  add_int16_attention(table);
}

}  // namespace tenfold::kernels::avx_vnni
