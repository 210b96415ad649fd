// The tokens that may still be drawn, in ascending order of their ids: what every filter of the chain narrows.
//
// Owned by one Sampler. The vectors have their full length from the beginning, so filters allocate nothing. Filters
// never sort: they keep or drop, and leave the order as it is. Hence sums are always taken in the same order and a
// choice does not depend on the standard library.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/contracts.h"
#include "tenfold/options.h"

namespace tenfold {

// The score that is drawn with: NaN counts as −infinity, +infinity as the biggest number, −0 as 0.
inline float sane_score(float x) noexcept {
  constexpr float kHighest = std::numeric_limits<float>::max();
  const float number = x == x ? x : -std::numeric_limits<float>::infinity();
  return (number < kHighest ? number : kHighest) + 0.0F;
}

// The highest of n sane scores, −infinity if n is 0. Compared as integers in the same order: compilers make vectors of
// that.
inline float max_score(const float* scores, std::size_t n) noexcept {
  const auto flip = [](std::int32_t bits) { return bits ^ ((bits >> 31) & 0x7FFFFFFF); };
  std::int32_t best = flip(std::bit_cast<std::int32_t>(-std::numeric_limits<float>::infinity()));
  for (std::size_t i = 0; i < n; ++i) best = std::max(best, flip(std::bit_cast<std::int32_t>(scores[i])));
  return std::bit_cast<float>(flip(best));
}

struct Candidates {
  std::size_t n = 0;                // only the first n elements of each vector mean anything; at most the vocabulary
  std::vector<TokenId> ids;         // set by keep_top_k
  std::vector<float> scores;        // sane scores after bias and penalties
  std::vector<float> weights;       // proportional to the probability, the best has 1; set by weigh_candidates
  std::vector<std::uint32_t> keys;  // for keep_best

  explicit Candidates(std::size_t vocab_size)
      : ids(vocab_size), scores(vocab_size), weights(vocab_size), keys(vocab_size) {}

  // Keeps the candidates for whose position keep(i) is true; keep is asked once for each, in order.
  template <typename Keep>
  void keep_if(Keep&& keep) {
    TENFOLD_DCHECK(n <= ids.size());
    std::size_t n_kept = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (!keep(i)) continue;
      ids[n_kept] = ids[i];
      scores[n_kept] = scores[i];
      weights[n_kept] = weights[i];
      ++n_kept;
    }
    n = n_kept;
  }
};

}  // namespace tenfold
