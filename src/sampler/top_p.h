// Top-p, nucleus sampling (Holtzman et al., 2020): the most probable candidates that together have probability p.
#pragma once

#include "sampler/candidates.h"

namespace tenfold {

// Keeps the shortest list of best candidates whose probabilities add up to top_p, ties to the lower id; at least one.
// top_p ≥ 1 keeps all. The weights must be set; probabilities are relative to the candidates that are left.
void keep_top_p(Candidates& candidates, float top_p) noexcept;

}  // namespace tenfold
