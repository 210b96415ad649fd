// Cuts text at special tokens that are spelled out in it, before any merge.
//
// Longer tokens go first, over the whole text: where two overlap the longer one wins, wherever it begins. (Among equal
// lengths the left one.) Immutable after create and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/cancel_latch.h"
#include "tenfold/status.h"
#include "tenfold/text_range.h"
#include "tokenizer/special_tokens.h"
#include "tokenizer/text_table.h"
#include "tokenizer/token_automaton.h"

namespace tenfold {

// A stretch of the text, or a special token that stood there.
struct TextFragment {
  static constexpr TokenId kText = -1;
  std::uint32_t begin;
  std::uint32_t end;
  TokenId token = kText;
};

// What a user-defined token that the chat template writes is where it was given: a model takes some of those for the
// end of a part as well, though their type does not say so.
enum class GivenMarks { kTokens, kText };

// Parts of a text that somebody gave: within it, ascending, none reaching into the next.
struct GivenParts {
  std::span<const TextRange> parts;
  GivenMarks marks = GivenMarks::kTokens;
};

class SpecialSplitter {
 public:
  // Reads, and does not keep, the arguments. special: of these tokens. template_source: of the model's chat template;
  // empty: none. Errors: kResourceExhausted for special tokens of more than 64 MiB.
  static Result<SpecialSplitter> create(const TextTable& tokens, const SpecialTokens& special,
                                        std::string_view template_source = {});

  // A control or unknown token is one only where no byte of it was given; user-defined ones are found everywhere, but
  // for what given.marks says.
  // Time and memory are linear in the text, whatever the tokens are (and a look into `given` for each token cut out).
  // Once `cancel` is set the fragments mean nothing. text: below 4 GiB.
  [[nodiscard]] std::vector<TextFragment> split(std::string_view text, GivenParts given, CancelLatch& cancel) const;

  // The user-defined tokens that the chat template writes: what GivenMarks is about.
  [[nodiscard]] std::vector<TokenId> marks() const;

 private:
  class Reader;
  class Selection;

  struct Token {
    TokenId id;
    std::uint16_t n_bytes;
    bool strips_right;
    // The longest user-defined token that this one ends with, or is, or kNone; and the longest that no template writes.
    std::uint32_t user_defined, unmarked;
  };
  static constexpr std::uint32_t kNone = TokenAutomaton::kNone;

  explicit SpecialSplitter(TokenAutomaton automaton) : automaton_(std::move(automaton)) {}
  [[nodiscard]] std::vector<bool> marks_in(std::string_view template_source) const;
  void find_user_defined(const SpecialTokens& special, const std::vector<bool>& marks);

  TokenAutomaton automaton_;
  std::vector<Token> tokens_;  // by text
  std::size_t longest_ = 0;
  bool any_user_defined_ = false;
  bool any_strips_right_ = false;
};

}  // namespace tenfold
