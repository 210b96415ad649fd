#include "engine/step_pace.h"

#include <algorithm>

#include "base/contracts.h"

namespace tenfold {

// Part of the time is the same for any number of tokens, so that this comes close step by step rather than at once.
void StepPace::record(int n_tokens, double seconds) {
  TENFOLD_DCHECK(n_tokens >= 1 && seconds >= 0);
  if (n_tokens < kFewestTokens) return;
  tokens_ = n_tokens * kSharedStep_s / std::max(seconds, 1e-6);
}

int StepPace::shared_step(int max_tokens) const {
  TENFOLD_DCHECK(max_tokens >= 1);
  const double few = std::min(kFewestTokens, max_tokens);
  return static_cast<int>(std::clamp(tokens_, few, static_cast<double>(max_tokens)));
}

}  // namespace tenfold
