// ModelDrafter: drafts with a second, smaller model (a draft model), always the token it finds likeliest of those that
// both models have.
//
// It reads the text into a KV cache of its own, as far as it has not, when it is asked. When its drafts stop coming
// true it is not asked any more, and tried again once in a while.
#pragma once

#include <vector>

#include "engine/cached_text.h"
#include "engine/draft_length.h"
#include "engine/drafter.h"
#include "engine/same_vocabulary.h"

namespace tenfold {

class ModelDrafter final : public Drafter {
 public:
  // vocabulary: what it shares with `model`. cost > 0: of a step of `model`, as a share of one of the model that is
  // drafted for. Client, model and vocabulary must outlive this.
  ModelDrafter(BatchScheduler::Client& turns, ServedModel& model, const SharedVocabulary& vocabulary, int max_tokens,
               double cost);

  // Its model reads text alone.
  [[nodiscard]] bool follows_images() const override { return false; }
  void begin(std::span<const TokenId> text) override;
  void accept(TokenId token) override;
  Result<int> propose(std::span<TokenId> out, const std::atomic<bool>& cancel) override;

 private:
  // A token as the model here can read it.
  [[nodiscard]] TokenId readable(TokenId token) const noexcept;
  [[nodiscard]] TokenId likeliest() noexcept;

  CachedText cached_;
  const SharedVocabulary& vocabulary_;
  double cost_;
  HitRate rate_ = HitRate(0.6);
  std::vector<TokenId> text_;    // what is to go on, as the model here can read it
  std::vector<TokenId> drafts_;  // that were handed out and neither confirmed nor refuted, the next one first
  std::vector<float> logits_;    // [vocab_size]
};

}  // namespace tenfold
