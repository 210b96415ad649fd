#include "kernels/avx512/simd.h"
// The instruction set's names come first.
#include "kernels/avx512/avx512_table.h"
#include "kernels/simd/int16_attention.h"

namespace tenfold::kernels::avx512 {

void add_attention(KernelTable& table) noexcept {
  add_attention_kernels(table);
  add_int16_attention(table);
}

}  // namespace tenfold::kernels::avx512
