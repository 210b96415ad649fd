#include "kernels/simd/packing.h"

#include "kernels/avx2/avx2_table.h"
#include "kernels/avx2/simd.h"

namespace tenfold::kernels::avx2 {

constinit const KernelTable kPacking = packing_entries<kLanes>();

}  // namespace tenfold::kernels::avx2
