#include "sampler/top_k.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/contracts.h"
#include "sampler/keep_best.h"

namespace tenfold {

namespace {

constexpr std::size_t kBlock = 64;

// Drops most of what cannot be among the k best. The k-th best maximum of a block of 64 is not above the k-th best
// score: k blocks hold one score each that is at least as high. Needs more whole blocks than k.
void drop_hopeless_blocks(Candidates& c, std::size_t k) noexcept {
  const std::size_t n = c.n;
  const std::size_t n_blocks = n / kBlock;
  float* const maxima = c.weights.data();
  float* const ranked = maxima + n_blocks;
  for (std::size_t b = 0; b < n_blocks; ++b) maxima[b] = max_score(c.scores.data() + b * kBlock, kBlock);
  std::copy(maxima, maxima + n_blocks, ranked);
  std::nth_element(ranked, ranked + (k - 1), ranked + n_blocks, std::greater<float>());
  const float threshold = ranked[k - 1];

  std::size_t n_kept = 0;
  for (std::size_t b = 0; b * kBlock < n; ++b) {
    if (b < n_blocks && maxima[b] < threshold) continue;
    for (std::size_t i = b * kBlock; i < std::min(n, (b + 1) * kBlock); ++i) {
      if (c.scores[i] < threshold) continue;
      c.ids[n_kept] = static_cast<TokenId>(i);
      c.scores[n_kept++] = c.scores[i];
    }
  }
  c.n = n_kept;
}

}  // namespace

void keep_top_k(Candidates& candidates, int k) noexcept {
  TENFOLD_DCHECK(k >= 0 && candidates.n <= candidates.ids.size());
  const std::size_t n = candidates.n;
  const auto wanted = static_cast<std::size_t>(k);
  const bool keeps_all = k <= 0 || wanted >= n;
  if (!keeps_all && wanted < n / kBlock) {
    drop_hopeless_blocks(candidates, wanted);
  } else {
    std::iota(candidates.ids.begin(), candidates.ids.begin() + static_cast<std::ptrdiff_t>(n), 0);
  }
  if (keeps_all) return;
  for (std::size_t i = 0; i < candidates.n; ++i) {
    candidates.keys[i] = descending_key(candidates.scores[i]);
    candidates.weights[i] = 1;
  }
  keep_best(candidates, k);
}

}  // namespace tenfold
