// Temperature and soft-max: from scores to weights.
#pragma once

#include "sampler/candidates.h"

namespace tenfold {

// e^x for x ≤ 0 to about 2 ulp, 0 below −87; of additions, multiplications and bit patterns only, so that every
// platform gets the same bits, which std::exp does not promise. NaN gives 0.
float exp_of_negative(float x) noexcept;

// weights = exp((score − best score) / temperature); temperature > 0.
// False, with no weights set, if no score is above −infinity.
bool weigh_candidates(Candidates& candidates, float temperature) noexcept;

// The weights' sum, always taken in the same order.
double sum_of_weights(const Candidates& candidates) noexcept;

}  // namespace tenfold
