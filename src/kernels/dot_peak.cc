#include "kernels/dot_peak.h"

#include <string_view>

#include "base/contracts.h"

namespace tenfold::kernels {

DotPeakFn dot_peak(const KernelTable& table) noexcept {
  const std::string_view isa = table.isa;
#if defined(__x86_64__)
  if (isa == "avx2") return avx2::kDotPeak;
  if (isa == "avx_vnni") return avx_vnni::kDotPeak;
  if (isa == "avx512") return avx512::kDotPeak;
#elif defined(__aarch64__)
  if (isa == "neon+none") return neon::kDotPeakPlain;
  if (isa == "neon+dotprod") return neon::kDotPeakDotprod;
  if (isa == "neon+i8mm") return neon::kDotPeakI8mm;
#endif
  TENFOLD_DCHECK(isa == "scalar");
  return scalar::kDotPeak;
}

}  // namespace tenfold::kernels
