#include "sampler/top_p.h"

#include "base/contracts.h"
#include "sampler/keep_best.h"
#include "sampler/temperature.h"

namespace tenfold {

void keep_top_p(Candidates& candidates, float top_p) noexcept {
  if (top_p >= 1 || candidates.n <= 1) return;
  const double total = sum_of_weights(candidates);
  TENFOLD_DCHECK(total > 0);
  const double target = static_cast<double>(top_p) * total;
  // All that weigh less than this have less than 1 − p together, so the others reach p without them. The margin covers
  // rounding: without one, equal weights might all be dropped.
  const double mean_of_the_rest = (total - target) / static_cast<double>(candidates.n);
  const auto negligible = static_cast<float>(0.999 * mean_of_the_rest);
  candidates.keep_if([&](std::size_t i) { return candidates.weights[i] >= negligible; });
  for (std::size_t i = 0; i < candidates.n; ++i) candidates.keys[i] = descending_key(candidates.scores[i]);
  keep_best(candidates, target);
}

}  // namespace tenfold
