// NgramDrafter: prompt-lookup decoding: drafts that a text repeats itself, as answers do that quote, edit or fill in
// what they were given.
//
// A draft can be judged without being checked by the model: one look-up a token says what would have been drafted, and
// the next token whether that was right. So drafts are handed out only where such drafts have come true lately, and a
// text that does not repeat itself costs the look-ups, microseconds a token.
#pragma once

#include <array>

#include "engine/draft_length.h"
#include "engine/drafter.h"
#include "engine/ngram_index.h"

namespace tenfold {

class NgramDrafter final : public Drafter {
 public:
  explicit NgramDrafter(int max_tokens) : index_(max_tokens) {}

  void begin(std::span<const TokenId> text) override;
  void accept(TokenId token) override;
  Result<int> propose(std::span<TokenId> out, const std::atomic<bool>& cancel) override;

 private:
  // The rate of matches of about this length: long ones are the better drafts.
  [[nodiscard]] HitRate& rate();

  NgramIndex index_;
  NgramIndex::Match match_;  // of the text's end
  std::array<HitRate, 4> rates_ = {HitRate(0.2), HitRate(0.3), HitRate(0.5), HitRate(0.7)};
};

}  // namespace tenfold
