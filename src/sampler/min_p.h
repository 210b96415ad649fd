// Min-p (Nguyen et al., 2024): a candidate must have a share of the best one's probability.
#pragma once

#include "sampler/candidates.h"

namespace tenfold {

// Keeps the candidates that are at least min_p times as probable as the best one that is left. min_p: at most 1; ≤ 0
// keeps all.
void keep_min_p(Candidates& candidates, float min_p) noexcept;

}  // namespace tenfold
