// Logit bias: what the caller adds to single tokens' scores. Immutable, thread-safe.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "sampler/candidates.h"
#include "tenfold/options.h"

namespace tenfold {

// Adds each bias to its token's score; a token named twice gets both.
inline void add_bias(std::span<float> scores, const std::vector<std::pair<TokenId, float>>& biases) noexcept {
  for (const auto& [token, bias] : biases) {
    const auto id = static_cast<std::size_t>(token);
    if (id < scores.size()) scores[id] = sane_score(scores[id] + bias);
  }
}

}  // namespace tenfold
