// Drafter: proposes how a text goes on, for speculative decoding. Drafts cost time when they are wrong, never
// correctness.
//
// One session's; not thread-safe.
#pragma once

#include <atomic>
#include <span>

#include "tenfold/options.h"
#include "tenfold/status.h"

namespace tenfold {

class Drafter {
 public:
  virtual ~Drafter() = default;

  // Whether it may be asked about a text with images in it, of which it is told the placeholders.
  [[nodiscard]] virtual bool follows_images() const { return true; }
  // An answer begins after `text`.
  virtual void begin(std::span<const TokenId> text) = 0;
  // The text goes on with `token`, which is where a draft turns out right or wrong.
  virtual void accept(TokenId token) = 0;
  // Drafts the tokens that follow: writes as many as pay, at most out.size(), and returns how many.
  // Errors: kCancelled, and those of a model's step; it can go on after them.
  virtual Result<int> propose(std::span<TokenId> out, const std::atomic<bool>& cancel) = 0;
};

}  // namespace tenfold
