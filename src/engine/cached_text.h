// CachedText: tokens and their keys and values in a KV cache. Steps of the model make it longer, truncate() shorter.
//
// Some of the tokens may be images. One session's, one caller at a time; model and client must outlive it.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "cpu/kv_cache.h"
#include "engine/batch_scheduler.h"
#include "engine/placed_images.h"
#include "engine/served_model.h"

namespace tenfold {

class CachedText {
 public:
  // model: a loaded one. max_tokens: at least 1.
  CachedText(BatchScheduler::Client& turns, ServedModel& model, int max_tokens);

  [[nodiscard]] std::span<const TokenId> tokens() const noexcept { return tokens_; }
  [[nodiscard]] int n_tokens() const noexcept { return kv_.n_tokens(); }
  [[nodiscard]] bool has_images() const noexcept { return !images_.empty(); }
  [[nodiscard]] std::span<const PlacedImage> images() const noexcept { return images_; }
  [[nodiscard]] const KvSequence& kv() const noexcept { return kv_; }

  // Leaves what it has of the beginning of `tokens`, at most limit of them, or fewer, as truncate(); returns how many.
  // What is fed from then on is what follows in `tokens`, whose images are `images`.
  int keep_prefix(std::span<const TokenId> tokens, std::span<const PlacedImage> images, int limit);
  // Forgets everything after the first n ≤ n_tokens(), and the whole of an image that n is within; more where the
  // model cannot go back to there, see KvSequence::truncate. The result is what is left. The last few tokens of a step
  // can always be taken back.
  int truncate(int n);

  // Becomes `tokens`, whose images are `images` and whose keys and values are in `kv`, of the same pool and as long;
  // `kv` gets what was there.
  void replace(std::span<const TokenId> tokens, std::vector<PlacedImage> images, KvSequence& kv);

  // Runs one step over tokens, at most max_step_tokens() of them. Errors: see BatchScheduler::Client::in_turn and
  // Executor::run; the text is then as it was.
  Status step(std::span<const TokenId> tokens, Outputs outputs, std::span<float> logits,
              const std::atomic<bool>& cancel);
  // Runs any number of tokens, but at least one, in as many steps as that takes, short ones while others wait for the
  // threads. Errors: the same; the text then ends with the last step that was finished, but not within an image.
  //
  //   logits:  [vocab_size] after the last token
  Status feed(std::span<const TokenId> tokens, std::span<float> logits, const std::atomic<bool>& cancel);
  [[nodiscard]] int max_step_tokens() const noexcept { return model_.executor->limits().max_tokens; }

 private:
  int without_cut_image(int n);
  // What stands in the place of the embedding of the token at `index`; null for text.
  [[nodiscard]] const float* row_at(int index) const;
  // Places of the next n tokens, and rows of those that are images.
  void prepare_step(int n, BatchSequence& sequence);
  // A step, for whoever has the turn.
  Status run(std::span<const TokenId> tokens, Outputs outputs, std::span<float> logits, int mark,
             const std::atomic<bool>& cancel);
  // How many of the next n tokens, of which n_left are still to be fed, lie before the place to find back to.
  [[nodiscard]] int mark_within(std::size_t n, std::size_t n_left) const;
  Status feed_all(std::span<const TokenId> tokens, std::span<float> logits, const std::atomic<bool>& cancel);

  BatchScheduler::Client& turns_;
  ServedModel& model_;
  KvSequence kv_;
  std::vector<TokenId> tokens_;      // those that kv_ holds
  std::vector<PlacedImage> images_;  // those that it holds or is to be fed
  TextPositions positions_;          // with images_: of the text that they came with; what follows counts on
  std::vector<RopePosition> step_positions_;
  std::vector<const float*> step_rows_;
};

}  // namespace tenfold
