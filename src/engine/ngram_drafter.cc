#include "engine/ngram_drafter.h"

#include <algorithm>
#include <bit>

namespace tenfold {

// Lengths 2…3, 4…7, 8…15 and longer.
HitRate& NgramDrafter::rate() {
  const int n_bits = std::bit_width(static_cast<unsigned>(match_.length));
  return rates_[static_cast<std::size_t>(std::clamp(n_bits - 2, 0, static_cast<int>(rates_.size()) - 1))];
}

void NgramDrafter::begin(std::span<const TokenId> text) {
  index_.set_text(text);
  match_ = index_.longest_match();
}

void NgramDrafter::accept(TokenId token) {
  if (match_.length > 0) rate().record(index_.text()[static_cast<std::size_t>(match_.next)] == token);
  index_.push(token);
  match_ = index_.longest_match();
}

Result<int> NgramDrafter::propose(std::span<TokenId> out, const std::atomic<bool>&) {
  if (match_.length == 0) return 0;
  const int n = best_draft_length(rate().value(), kCheckCost, static_cast<int>(out.size()));
  index_.continuation(match_, out.first(static_cast<std::size_t>(n)));
  return n;
}

}  // namespace tenfold
