#include "plan/rope_scaling.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tenfold {

namespace {

// The pair, as a fraction, that turns so many times within n_ctx positions.
double pair_of_turns(double turns, double n_ctx, int n_pairs, double theta) {
  return n_pairs * std::log(n_ctx / (turns * 2 * std::numbers::pi)) / std::log(theta);
}

}  // namespace

float RopeScaling::apply(float frequency, int i, int n_pairs, float theta) const {
  if (!is_yarn()) return frequency * scale;
  const double last = 2.0 * n_pairs - 1;  // in the reference's words a dimension, of which there are two a pair
  const auto low =
      static_cast<float>(std::max(std::floor(pair_of_turns(fast_turns, original_ctx, n_pairs, theta)), 0.0));
  const auto high =
      static_cast<float>(std::min(std::ceil(pair_of_turns(slow_turns, original_ctx, n_pairs, theta)), last));
  const float kept = 1 - std::clamp((static_cast<float>(i) - low) / std::max(high - low, 0.001F), 0.0F, 1.0F);
  return frequency * scale * (1 - kept) + frequency * kept;
}

}  // namespace tenfold
