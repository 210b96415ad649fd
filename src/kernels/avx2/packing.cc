#include "kernels/simd/packing.h"

#include "kernels/avx2/avx2_table.h"
#include "kernels/avx2/simd.h"

namespace tenfold::kernels::avx2 {

void add_packing(KernelTable& table) noexcept {
  table.panel_rows = kLanes;
  kernels::add_packing<kLanes>(table);
}

}  // namespace tenfold::kernels::avx2
