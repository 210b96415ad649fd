#include "sampler/min_p.h"

#include <algorithm>

#include "base/contracts.h"

namespace tenfold {

void keep_min_p(Candidates& candidates, float min_p) noexcept {
  TENFOLD_DCHECK(min_p <= 1);
  if (min_p <= 0 || candidates.n <= 1) return;
  const float* const weights = candidates.weights.data();
  const float best = *std::max_element(weights, weights + candidates.n);
  // At 1 or less the product cannot round above `best`.
  const float least = min_p * best;
  candidates.keep_if([&](std::size_t i) { return weights[i] >= least; });
}

}  // namespace tenfold
