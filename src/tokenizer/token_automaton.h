// Finds tokens that are spelled out in a text, all of them in one pass (Aho and Corasick, 1975).
//
// A state is the longest beginning of any token that the text read so far ends with. Most tokens share little, so a
// state has its next letter's state right behind it, and only where tokens part are there edges beside that: nine bytes
// a byte of the tokens. Immutable after create and thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/contracts.h"
#include "tenfold/status.h"
#include "tokenizer/flat_index.h"

namespace tenfold {

class TokenAutomaton {
 public:
  using State = std::uint32_t;
  static constexpr State kStart = 0;
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  // texts: ascending, none twice, none empty; read only now. Time is linear in their bytes.
  // Errors: kResourceExhausted past 2^26 bytes; kCorruptData if they are made to collide.
  static Result<TokenAutomaton> create(std::span<const std::string_view> texts);

  // Amortised constant time. state: kStart, or what next() gave.
  [[nodiscard]] State next(State state, char byte) const noexcept {
    TENFOLD_DCHECK(state < labels_.size());
    for (;;) {
      if (state == kStart) return first_[static_cast<unsigned char>(byte)];
      if (const State child = this->child(state, byte); child != kStart) return child;
      state = links_[state] & kLinkMask;
    }
  }

  [[nodiscard]] bool may_begin(char byte) const noexcept { return first_[static_cast<unsigned char>(byte)] != kStart; }
  // The longest text that ends here, by its place in `texts`, or kNone.
  [[nodiscard]] std::uint32_t longest_match(State state) const noexcept {
    TENFOLD_DCHECK(state < matches_.size());
    return matches_[state];
  }
  // The longest text that the given one, by its place, ends with and is longer than, or kNone.
  [[nodiscard]] std::uint32_t shorter_match(std::uint32_t text) const noexcept {
    TENFOLD_DCHECK(text < shorter_.size());
    return shorter_[text];
  }

 private:
  class Builder;

  static constexpr std::uint32_t kGoesOn = std::uint32_t{1} << 31;    // the next state is this one's child
  static constexpr std::uint32_t kBranches = std::uint32_t{1} << 30;  // it has children in edges_
  static constexpr std::uint32_t kLinkMask = kBranches - 1;

  struct Edge {
    State parent;
    State child;
  };

  TokenAutomaton() = default;
  [[nodiscard]] State child(State state, char byte) const noexcept;

  std::vector<char> labels_;            // by state: the byte that leads to it
  std::vector<std::uint32_t> links_;    // the state of the longest end of this one's text that is a state; and flags
  std::vector<std::uint32_t> matches_;  // by state
  std::vector<std::uint32_t> shorter_;  // by text
  std::vector<Edge> edges_;             // where tokens part
  FlatIndex index_;                     // parent and label → edge
  std::array<State, 256> first_{};      // children of kStart: most bytes of a text begin no token
};

}  // namespace tenfold
