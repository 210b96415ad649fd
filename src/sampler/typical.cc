#include "sampler/typical.h"

#include <algorithm>
#include <cmath>

#include "base/contracts.h"
#include "sampler/keep_best.h"
#include "sampler/temperature.h"

namespace tenfold {

namespace {
constexpr double kFar = 1e38;
}

// With z = score / temperature, ln p = z − ln Σ e^z and the entropy is ln Σ e^z − Σ p·z: the logarithm of the sum
// cancels, and the distance from the expected surprise is |Σ p·z − z|.
void keep_typical(Candidates& candidates, float typical_p, float temperature) noexcept {
  if (typical_p >= 1 || candidates.n <= 1) return;
  const double total = sum_of_weights(candidates);
  TENFOLD_DCHECK(total > 0 && temperature > 0);
  // Relative to one score that can be drawn, so that infinities and big offsets do no harm.
  std::size_t anchor = 0;
  while (candidates.weights[anchor] == 0) ++anchor;
  const double offset = candidates.scores[anchor];
  const double per_score = 1 / static_cast<double>(temperature);
  const auto z = [&](std::size_t i) { return (static_cast<double>(candidates.scores[i]) - offset) * per_score; };
  double weighted_z = 0;
  for (std::size_t i = 0; i < candidates.n; ++i) {
    if (candidates.weights[i] > 0) weighted_z += static_cast<double>(candidates.weights[i]) * z(i);
  }
  const double expected_z = weighted_z / total;
  for (std::size_t i = 0; i < candidates.n; ++i) {
    candidates.keys[i] = ascending_key(static_cast<float>(std::min(std::fabs(expected_z - z(i)), kFar)));
  }
  keep_best(candidates, static_cast<double>(typical_p) * total);
}

}  // namespace tenfold
