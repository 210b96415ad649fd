// Sampler: chooses the next token of one conversation.
//
// In this order: bias, penalties, temperature, top-k, typical, top-p, min-p, then one draw. The n-th draw depends on
// the logits, the options, the seed and n alone. One caller at a time; the caller owns it.
//
// No step uses the platform's mathematical library, so equal logits give equal tokens everywhere. Logits are equal only
// for one model, precision and instruction set: between two of those a choice near a border may differ.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sampler/candidates.h"
#include "sampler/penalties.h"
#include "tenfold/options.h"
#include "tenfold/status.h"

namespace tenfold {

class Sampler {
 public:
  // end_tokens: those that end an answer; penalties spare them.
  // Errors: kInvalidArgument, naming the option, what is allowed and what was found.
  static Result<Sampler> create(const SamplerOptions& options, int vocab_size,
                                std::span<const TokenId> end_tokens = {});

  // Draws a token; accept() is the caller's to call.
  //
  //   logits:  vocab_size floats; those missing are not drawn, further ones are not looked at
  //
  // NaN counts as −infinity, +infinity as the biggest number. If all are −infinity, the first that is not NaN is
  // chosen, else 0. At temperature 0 the highest score, ties to the lower id. Linear in vocab_size, no sorting; never
  // allocates.
  TokenId sample(std::span<const float> logits) noexcept;

  // Tells the penalties that the text goes on with `token`. Tokens out of the vocabulary are ignored.
  void accept(TokenId token, bool from_prompt) noexcept;

  // Back to the first draw and an empty text.
  void reset() noexcept;

  // What was given, or drawn when none was.
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

 private:
  Sampler(const SamplerOptions& options, int vocab_size, std::span<const TokenId> end_tokens);
  void read_logits(std::span<const float> logits) noexcept;
  [[nodiscard]] TokenId draw() noexcept;

  SamplerOptions options_;
  std::size_t vocab_size_;
  std::uint64_t seed_;
  std::uint64_t n_drawn_ = 0;
  Penalties penalties_;
  Candidates candidates_;
};

}  // namespace tenfold
