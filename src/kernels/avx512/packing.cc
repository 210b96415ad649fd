#include "kernels/simd/packing.h"

#include "kernels/avx512/avx512_table.h"
#include "kernels/avx512/simd.h"

namespace tenfold::kernels::avx512 {

void add_packing(KernelTable& table) noexcept {
  table.panel_rows = kLanes;
  kernels::add_packing<kLanes>(table);
}

}  // namespace tenfold::kernels::avx512
