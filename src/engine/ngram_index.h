// NgramIndex: a text and where its end has occurred in it before, which tells how it may go on.
//
// Positions whose last two tokens hash alike form a chain from the latest to the earliest, as in LZ77 compressors; the
// match is the place on it that agrees with the end of the text over the most tokens, the latest of equals. A token
// costs constant time and eight bytes whatever the length of the text, and tokens can be taken off the end again.
//
// One session's; not thread-safe.
#pragma once

#include <span>
#include <vector>

#include "tenfold/options.h"

namespace tenfold {

class NgramIndex {
 public:
  static constexpr int kMinMatch = 2;   // tokens; one alone says little about the next
  static constexpr int kMaxMatch = 32;  // longer agreement is not counted: it makes no place any likelier

  struct Match {
    int length = 0;  // tokens before `next` that are the end of the text, too; 0: none
    int next = 0;    // position of the token that came after them
  };

  // A text of at most max_tokens ≥ 1.
  explicit NgramIndex(int max_tokens);

  // Makes the text `tokens`; what it begins with already costs a comparison only.
  void set_text(std::span<const TokenId> tokens);
  void push(TokenId token);

  [[nodiscard]] std::span<const TokenId> text() const noexcept { return text_; }
  // Linear in kMaxMatch and the places that are looked at, both bounded.
  [[nodiscard]] Match longest_match() const;
  // Fills `out` with what came after a match, which longest_match() found in this text. Where that reaches the end of
  // the text, the text is taken to repeat.
  void continuation(const Match& match, std::span<TokenId> out) const;

 private:
  void pop();
  [[nodiscard]] std::size_t bucket_at_end() const;
  [[nodiscard]] int agreement(int position) const;

  std::vector<TokenId> text_;
  std::vector<int> earlier_;  // [text] the position before it on its chain, −1: none
  std::vector<int> latest_;   // [power of two] the end of each chain
};

}  // namespace tenfold
