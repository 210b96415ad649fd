// Penalties on tokens that the text already holds.
//
//   repeat     (Keskar et al., 2019, CTRL) over prompt and answer: a score above 0 is divided, others are multiplied
//   frequency  (as OpenAI's API) subtracted once for each time the token was generated
//   presence   (as OpenAI's API) subtracted once if the token was generated at all
//
// Tokens that end an answer are spared: a chat holds one for each turn, and a model that is kept from its own would
// talk on and on.
//
// One conversation's; not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tenfold/options.h"

namespace tenfold {

class Penalties {
 public:
  // vocab_size: at least 1. spared: tokens without penalties; those out of the vocabulary are ignored.
  Penalties(const SamplerOptions& options, int vocab_size, std::span<const TokenId> spared = {});

  // token: 0…vocab_size − 1. Allocates nothing.
  void accept(TokenId token, bool from_prompt) noexcept;
  void reset() noexcept;
  void apply(std::span<float> scores) const noexcept;

 private:
  float repeat_;
  float frequency_;
  float presence_;
  std::vector<TokenId> seen_;     // each token of the text once, but for those that are spared
  std::vector<bool> needs_none_;  // in seen_ already, or spared; empty, like all of these, if no penalty is on
  std::vector<std::int32_t> n_generated_;
};

}  // namespace tenfold
