#include "engine/cached_text.h"

#include <algorithm>

namespace tenfold {

CachedText::CachedText(BatchScheduler& scheduler, ServedModel& model, int max_tokens)
    : scheduler_(scheduler), model_(model), kv_(*model.kv_pool, max_tokens) {
  tokens_.reserve(static_cast<std::size_t>(max_tokens));
}

int CachedText::keep_prefix(std::span<const TokenId> tokens, int limit) {
  const auto [mine, theirs] = std::mismatch(tokens_.begin(), tokens_.end(), tokens.begin(), tokens.end());
  const int n = std::min(static_cast<int>(mine - tokens_.begin()), limit);
  truncate(n);
  return n;
}

void CachedText::truncate(int n) {
  kv_.truncate(n);
  tokens_.resize(static_cast<std::size_t>(n));
}

Status CachedText::step(std::span<const TokenId> tokens, Outputs outputs, std::span<float> logits,
                        const std::atomic<bool>& cancel) {
  TENFOLD_RETURN_IF_ERROR(scheduler_.run(*model_.executor, {&kv_, tokens, outputs}, logits, cancel));
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  return {};
}

Status CachedText::feed(std::span<const TokenId> tokens, std::span<float> logits, const std::atomic<bool>& cancel) {
  const auto chunk = static_cast<std::size_t>(max_step_tokens());
  while (tokens.size() > chunk) {
    TENFOLD_RETURN_IF_ERROR(step(tokens.first(chunk), Outputs::kNone, {}, cancel));
    tokens = tokens.subspan(chunk);
  }
  return step(tokens, Outputs::kLast, logits, cancel);
}

}  // namespace tenfold
