// Top-k: only the k highest scores stay.
#pragma once

#include "sampler/candidates.h"

namespace tenfold {

// candidates: the whole vocabulary, of which only the scores are set. Afterwards the k ≥ 0 best, ties to the lower id,
// and their ids; all if k is 0 or not below the vocabulary. Weights and keys are used as scratch.
void keep_top_k(Candidates& candidates, int k) noexcept;

}  // namespace tenfold
