#include "kernels/dot_peak.h"
#include "kernels/neon/dot_peak.h"

namespace tenfold::kernels::neon {

namespace {

struct I8mmDot {
  static constexpr int kMacs = 32;
  static int32x4_t add(int32x4_t sum, int8x16_t a, int8x16_t b) { return vmmlaq_s32(sum, a, b); }
};

}  // namespace

constinit const DotPeakFn kDotPeakI8mm = dot_products<I8mmDot>;

}  // namespace tenfold::kernels::neon
