// Lookahead: speculative decoding: makes a text longer token by token, several of them in one step where they could be
// drafted.
//
// A step over a token and drafts of those that follow gives the logits after each of them, the same bits as one step a
// token would. The caller samples from the logits after the known text and says which token it took; if that was the
// draft, the next logits are there already, else the drafts that are left are taken out of the cache again. So
// whatever is sampled, and however, drafts change nothing but the time.
//
// One session's, one caller at a time; the text must outlive it.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "engine/cached_text.h"
#include "engine/drafter.h"

namespace tenfold {

enum class Speculation { kOff, kOn };

class Lookahead {
 public:
  // Steps of up to eight tokens are the ones that one token's kernels and regions are made for.
  static constexpr int kMaxDrafts = 7;

  // vocab_size: at least 1. drafters: none is null; asked in this order; the first that has a draft is followed.
  Lookahead(CachedText& text, int vocab_size, std::vector<std::unique_ptr<Drafter>> drafters);

  // Takes what is left of the prompt, at least one token, into the text. speculation: whether advance() may draft.
  // Errors: see CachedText::feed.
  Status begin(std::span<const TokenId> prompt_rest, Speculation speculation, const std::atomic<bool>& cancel);
  // After begin(). The known text becomes longer by `token`. max_drafts ≥ 0: more than so many are of no use to the
  // caller.
  // Errors: see CachedText::step; the known text is then as it was.
  Status advance(TokenId token, int max_drafts, const std::atomic<bool>& cancel);
  // Takes drafts that nobody has confirmed out of the text.
  void drop_drafts();

  // [vocab_size] after the known text; until the next call.
  [[nodiscard]] std::span<const float> logits() const noexcept { return row(n_known_ - 1); }
  [[nodiscard]] int n_known_tokens() const noexcept { return text_.n_tokens() - (n_step_ - n_known_); }
  // Since begin().
  [[nodiscard]] int n_drafted() const noexcept { return n_drafted_; }
  [[nodiscard]] int n_accepted() const noexcept { return n_accepted_; }

 private:
  [[nodiscard]] std::span<float> row(int i) const noexcept {
    return {rows_.get() + static_cast<std::size_t>(i) * vocab_size_, vocab_size_};
  }
  Result<int> propose(int limit, const std::atomic<bool>& cancel);
  [[nodiscard]] bool is_asked(const Drafter& drafter) const { return !text_.has_images() || drafter.follows_images(); }
  template <typename Body>
  void for_drafters(const Body& body) {
    for (const auto& drafter : drafters_) {
      if (is_asked(*drafter)) body(*drafter);
    }
  }

  CachedText& text_;
  std::size_t vocab_size_;
  std::vector<std::unique_ptr<Drafter>> drafters_;
  Speculation speculation_ = Speculation::kOff;
  std::unique_ptr<float[]> rows_;  // [1 + kMaxDrafts, vocab_size]; pages are touched as steps need them
  // The last step: the token that was known and the drafts after it.
  std::array<TokenId, 1 + kMaxDrafts> step_ = {};
  int n_step_ = 1;
  int n_known_ = 1;  // how many of step_ are known to be the text
  int n_drafted_ = 0;
  int n_accepted_ = 0;
};

}  // namespace tenfold
