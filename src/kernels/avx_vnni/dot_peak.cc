#include "kernels/dot_peak.h"

#include "kernels/simd/dot_peak.h"

namespace tenfold::kernels::avx_vnni {

constinit const DotPeakFn kDotPeak = dot_products;

}  // namespace tenfold::kernels::avx_vnni
