#include "sampler/penalties.h"

#include <limits>

#include "base/contracts.h"
#include "sampler/candidates.h"

namespace tenfold {

Penalties::Penalties(const SamplerOptions& options, int vocab_size, std::span<const TokenId> spared)
    : repeat_(options.repeat_penalty), frequency_(options.frequency_penalty), presence_(options.presence_penalty) {
  TENFOLD_DCHECK(vocab_size >= 1);
  if (repeat_ == 1 && frequency_ == 0 && presence_ == 0) return;
  const auto n = static_cast<std::size_t>(vocab_size);
  seen_.reserve(n);
  needs_none_.resize(n, false);
  n_generated_.resize(n, 0);
  for (const TokenId token : spared) {
    if (token >= 0 && token < vocab_size) needs_none_[static_cast<std::size_t>(token)] = true;
  }
}

void Penalties::accept(TokenId token, bool from_prompt) noexcept {
  if (needs_none_.empty()) return;
  const auto id = static_cast<std::size_t>(token);
  TENFOLD_DCHECK(token >= 0 && id < needs_none_.size());
  if (!needs_none_[id]) {
    needs_none_[id] = true;
    seen_.push_back(token);  // within its capacity: each token once
  }
  if (!from_prompt && n_generated_[id] < std::numeric_limits<std::int32_t>::max()) ++n_generated_[id];
}

void Penalties::reset() noexcept {
  for (const TokenId token : seen_) {
    needs_none_[static_cast<std::size_t>(token)] = false;
    n_generated_[static_cast<std::size_t>(token)] = 0;
  }
  seen_.clear();
}

void Penalties::apply(std::span<float> scores) const noexcept {
  for (const TokenId token : seen_) {
    const auto id = static_cast<std::size_t>(token);
    if (id >= scores.size()) continue;
    float score = scores[id];
    score = sane_score(score > 0 ? score / repeat_ : score * repeat_);
    if (n_generated_[id] > 0) score -= static_cast<float>(n_generated_[id]) * frequency_ + presence_;
    scores[id] = sane_score(score);
  }
}

}  // namespace tenfold
