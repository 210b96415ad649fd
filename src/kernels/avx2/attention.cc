#include "kernels/avx2/dot.h"
// The instruction set's names come first.
#include "kernels/avx2/avx2_table.h"
#include "kernels/simd/int16_attention.h"

namespace tenfold::kernels::avx2 {

void add_attention(KernelTable& table) noexcept {
  add_attention_kernels(table);
  add_int16_attention(table);
}

}  // namespace tenfold::kernels::avx2
