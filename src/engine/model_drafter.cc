#include "engine/model_drafter.h"

#include <algorithm>
#include <limits>

#include "base/contracts.h"

namespace tenfold {

ModelDrafter::ModelDrafter(BatchScheduler::Client& turns, ServedModel& model, const SharedVocabulary& vocabulary,
                           int max_tokens, double cost)
    : cached_(turns, model, max_tokens),
      vocabulary_(vocabulary),
      cost_(cost),
      logits_(static_cast<std::size_t>(model.model->spec().vocab_size)) {
  TENFOLD_DCHECK(cost > 0 && vocabulary.n_tokens >= 1 && vocabulary.n_tokens <= model.model->spec().vocab_size);
}

void ModelDrafter::begin(std::span<const TokenId> text) {
  text_.clear();
  for (const TokenId token : text) text_.push_back(readable(token));
  drafts_.clear();
}

void ModelDrafter::accept(TokenId token) {
  text_.push_back(readable(token));
  if (drafts_.empty()) return rate_.forget();
  const bool hit = drafts_.front() == token;
  rate_.record(hit);
  if (hit) {
    drafts_.erase(drafts_.begin());
  } else {
    drafts_.clear();
  }
}

// Any token stands for one that only the larger model has: such are padding, which no text holds.
TokenId ModelDrafter::readable(TokenId token) const noexcept { return token < vocabulary_.n_tokens ? token : 0; }

TokenId ModelDrafter::likeliest() noexcept {
  for (const TokenId token : vocabulary_.renamed) {
    logits_[static_cast<std::size_t>(token)] = -std::numeric_limits<float>::infinity();
  }
  return static_cast<TokenId>(std::max_element(logits_.begin(), logits_.begin() + vocabulary_.n_tokens) -
                              logits_.begin());
}

Result<int> ModelDrafter::propose(std::span<TokenId> out, const std::atomic<bool>& cancel) {
  const int n = best_draft_length(rate_.value(), kCheckCost + cost_, static_cast<int>(out.size()));
  if (n == 0) return 0;
  // The last token is always computed: its logits are the first draft.
  const int n_cached = cached_.keep_prefix(text_, {}, static_cast<int>(text_.size()) - 1);
  std::span<const TokenId> rest = std::span(text_).subspan(static_cast<std::size_t>(n_cached));
  drafts_.clear();
  for (int i = 0; i < n; ++i) {
    TENFOLD_RETURN_IF_ERROR(cached_.feed(rest, logits_, cancel));
    TokenId& draft = out[static_cast<std::size_t>(i)];
    draft = likeliest();
    drafts_.push_back(draft);
    rest = {&draft, 1};
  }
  return n;
}

}  // namespace tenfold
