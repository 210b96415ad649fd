// Locally typical sampling (Meister et al., 2022): the candidates whose surprise is closest to the expected one.
#pragma once

#include "sampler/candidates.h"

namespace tenfold {

// Keeps the candidates with the smallest |−ln p − entropy| whose probabilities add up to typical_p; at least one.
// typical_p ≥ 1 keeps all. The weights must be set for this temperature.
void keep_typical(Candidates& candidates, float typical_p, float temperature) noexcept;

}  // namespace tenfold
