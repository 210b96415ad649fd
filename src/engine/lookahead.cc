#include "engine/lookahead.h"

#include <algorithm>

#include "base/contracts.h"
#include "base/error.h"
#include "cpu/kv_layout.h"

namespace tenfold {

static_assert(Lookahead::kMaxDrafts <= kMaxRewind);

Lookahead::Lookahead(CachedText& text, int vocab_size, std::vector<std::unique_ptr<Drafter>> drafters)
    : text_(text),
      vocab_size_(static_cast<std::size_t>(vocab_size)),
      drafters_(std::move(drafters)),
      rows_(std::make_unique_for_overwrite<float[]>((1 + kMaxDrafts) * vocab_size_)) {
  TENFOLD_DCHECK(vocab_size >= 1 && std::find(drafters_.begin(), drafters_.end(), nullptr) == drafters_.end());
}

Status Lookahead::begin(std::span<const TokenId> prompt_rest, Speculation speculation,
                        const std::atomic<bool>& cancel) {
  n_step_ = n_known_ = 1;
  n_drafted_ = n_accepted_ = 0;
  speculation_ = speculation;
  TENFOLD_RETURN_IF_ERROR(text_.feed(prompt_rest, row(0), cancel));
  if (speculation_ == Speculation::kOff) return {};
  for_drafters([&](Drafter& drafter) { drafter.begin(text_.tokens()); });
  return {};
}

Status Lookahead::advance(TokenId token, int max_drafts, const std::atomic<bool>& cancel) {
  TENFOLD_DCHECK(max_drafts >= 0 && n_known_tokens() >= 1);
  if (speculation_ == Speculation::kOn) {
    for_drafters([&](Drafter& drafter) { drafter.accept(token); });
  }
  if (n_known_ < n_step_ && step_[static_cast<std::size_t>(n_known_)] == token) {
    if (cancel.load(std::memory_order_relaxed)) return cancelled("the answer was cancelled");
    ++n_known_;
    ++n_accepted_;
    return {};
  }
  drop_drafts();
  TENFOLD_ASSIGN_OR_RETURN(const int n_drafts, propose(max_drafts, cancel));
  step_[0] = token;
  const int n = 1 + n_drafts;
  const std::span<float> logits(rows_.get(), static_cast<std::size_t>(n) * vocab_size_);
  TENFOLD_RETURN_IF_ERROR(
      text_.step(std::span(step_).first(static_cast<std::size_t>(n)), Outputs::kAll, logits, cancel));
  n_step_ = n;
  n_known_ = 1;
  n_drafted_ += n_drafts;
  return {};
}

Result<int> Lookahead::propose(int limit, const std::atomic<bool>& cancel) {
  limit = std::min({limit, kMaxDrafts, text_.max_step_tokens() - 1});
  if (speculation_ == Speculation::kOff || limit <= 0) return 0;
  for (const auto& drafter : drafters_) {
    if (!is_asked(*drafter)) continue;
    TENFOLD_ASSIGN_OR_RETURN(const int n,
                             drafter->propose(std::span(step_).subspan(1, static_cast<std::size_t>(limit)), cancel));
    TENFOLD_DCHECK(n >= 0 && n <= limit);
    if (n > 0) return n;
  }
  return 0;
}

void Lookahead::drop_drafts() {
  text_.truncate(n_known_tokens());
  n_step_ = n_known_;
}

}  // namespace tenfold
