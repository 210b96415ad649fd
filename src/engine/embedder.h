// Embedder: one vector of a text, from what the model's last layer says of its tokens.
//
// Thread-safe: texts take turns, one text at a time; their steps take turns with those of sessions. It has a KV cache
// of its own, so that it needs none of the sessions' places, and memory is claimed for it while it has a text.
// Scheduler, model and account must outlive it.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "base/around_fork.h"
#include "base/contracts.h"
#include "engine/batch_scheduler.h"
#include "engine/memory_budget.h"
#include "engine/served_model.h"
#include "tenfold/options.h"

namespace tenfold {

class Embedder final : public AroundFork {
 public:
  // Texts of up to max_tokens ≥ 1.
  Embedder(BatchScheduler& scheduler, ServedModel& model, MemoryAccount& memory, int max_tokens)
      : turns_(scheduler), model_(model), memory_(memory), max_tokens_(max_tokens) {
    TENFOLD_DCHECK(max_tokens >= 1);
  }

  // [VectorHead::dim()]. Errors: kInvalidArgument for no token, too many of them or one out of the vocabulary;
  // kResourceExhausted, also with the sum; kCancelled.
  Result<std::vector<float>> embed(std::span<const TokenId> tokens, const EmbedOptions& options);

  void before_fork() override TENFOLD_NO_THREAD_SAFETY_ANALYSIS { texts_.before_fork(); }
  void after_fork_in_parent() override TENFOLD_NO_THREAD_SAFETY_ANALYSIS { texts_.after_fork_in_parent(); }
  void after_fork_in_child() override TENFOLD_NO_THREAD_SAFETY_ANALYSIS {
    texts_.after_fork_in_child(TurnQueue::LostTurn::kLeavesHalfDone);
  }

 private:
  Result<std::vector<float>> pooled(std::span<const TokenId> tokens, Pooling pooling, const std::atomic<bool>& cancel);

  BatchScheduler::Client turns_;
  ServedModel& model_;
  MemoryAccount& memory_;
  int max_tokens_;
  TurnQueue texts_;  // whose text it is
};

}  // namespace tenfold
