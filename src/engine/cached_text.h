// CachedText: tokens and their keys and values in a KV cache. Steps of the model make it longer, truncate() shorter.
//
// One session's, one caller at a time; model and scheduler must outlive it.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "engine/batch_scheduler.h"
#include "engine/served_model.h"
#include "model/kv_cache.h"

namespace tenfold {

class CachedText {
 public:
  CachedText(BatchScheduler& scheduler, ServedModel& model, int max_tokens);

  [[nodiscard]] std::span<const TokenId> tokens() const noexcept { return tokens_; }
  [[nodiscard]] int n_tokens() const noexcept { return kv_.n_tokens(); }

  // Leaves what it has of the beginning of `tokens`, at most limit of them; returns how many.
  int keep_prefix(std::span<const TokenId> tokens, int limit);
  // Forgets everything after the first n ≤ n_tokens().
  void truncate(int n);

  // Runs one step over tokens, at most max_step_tokens() of them. Errors: see BatchScheduler::run; the text is then as
  // it was.
  Status step(std::span<const TokenId> tokens, Outputs outputs, std::span<float> logits,
              const std::atomic<bool>& cancel);
  // Runs any number of tokens in as many steps as that takes. Errors: the same; the text then ends with the last step
  // that was finished.
  //
  //   logits:  [vocab_size] after the last token
  Status feed(std::span<const TokenId> tokens, std::span<float> logits, const std::atomic<bool>& cancel);
  [[nodiscard]] int max_step_tokens() const noexcept { return model_.executor->limits().max_tokens; }

 private:
  BatchScheduler& scheduler_;
  ServedModel& model_;
  KvSequence kv_;
  std::vector<TokenId> tokens_;  // those that kv_ holds
};

}  // namespace tenfold
