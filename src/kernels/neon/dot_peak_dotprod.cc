#include "kernels/dot_peak.h"
#include "kernels/neon/dot_peak.h"

namespace tenfold::kernels::neon {

namespace {

struct DotprodDot {
  static constexpr int kMacs = 16;
  static int32x4_t add(int32x4_t sum, int8x16_t a, int8x16_t b) { return vdotq_s32(sum, a, b); }
};

}  // namespace

constinit const DotPeakFn kDotPeakDotprod = dot_products<DotprodDot>;

}  // namespace tenfold::kernels::neon
