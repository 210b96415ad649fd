#include "kernels/simd/packing.h"

#include "kernels/avx512/avx512_table.h"
#include "kernels/avx512/simd.h"

namespace tenfold::kernels::avx512 {

constinit const KernelTable kPacking = packing_entries<kLanes>();

}  // namespace tenfold::kernels::avx512
