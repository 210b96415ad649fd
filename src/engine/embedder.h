// Embedder: one vector of a text, from what the model's last layer says of its tokens.
//
// Thread-safe: texts take turns, one text at a time; their steps take turns with those of sessions. It has a KV cache
// of its own, so that it needs none of the sessions' places. Model and scheduler must outlive it.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "engine/batch_scheduler.h"
#include "engine/served_model.h"
#include "tenfold/options.h"

namespace tenfold {

class Embedder {
 public:
  // Texts of up to max_tokens.
  Embedder(BatchScheduler& scheduler, ServedModel& model, int max_tokens)
      : turns_(scheduler), model_(model), max_tokens_(max_tokens) {}

  // [VectorHead::dim()]. Errors: kInvalidArgument for no token, too many of them or one out of the vocabulary;
  // kResourceExhausted; kCancelled.
  Result<std::vector<float>> embed(std::span<const TokenId> tokens, const EmbedOptions& options);

 private:
  Result<std::vector<float>> pooled(std::span<const TokenId> tokens, Pooling pooling, const std::atomic<bool>& cancel);

  BatchScheduler::Client turns_;
  ServedModel& model_;
  int max_tokens_;
  TurnQueue texts_;  // whose text it is
};

}  // namespace tenfold
