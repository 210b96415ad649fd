#include "kernels/dot_peak.h"
#include "kernels/neon/dot_peak.h"

namespace tenfold::kernels::neon {

namespace {

struct PlainDot {
  static constexpr int kMacs = 16;
  static int32x4_t add(int32x4_t sum, int8x16_t a, int8x16_t b) {
    return vpadalq_s16(sum, vmlal_high_s8(vmull_s8(vget_low_s8(a), vget_low_s8(b)), a, b));
  }
};

}  // namespace

constinit const DotPeakFn kDotPeakPlain = dot_products<PlainDot>;

}  // namespace tenfold::kernels::neon
