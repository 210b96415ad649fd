// The tokens that text may become where somebody gave it.
//
// A control token that the template wrote is cut out of a text before any merge; one that was given is not
// (special_splitter.h). But the vocabulary holds it like any other token, and merges may lead to it: "</" and "s>" make
// "</s>", and a word may be one as a whole. llama.cpp follows there, and so do texts without marks. A stretch of which
// any byte was given becomes text tokens alone: a merge may cross from the template's bytes to given ones, and all that
// the template wrote of other tokens was cut out already. (Not those with a blank that SentencePiece spells U+2581;
// beside given text they are text.)
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/contracts.h"
#include "tokenizer/special_splitter.h"
#include "tokenizer/special_tokens.h"
#include "tokenizer/text_table.h"

namespace tenfold {

// Immutable and thread-safe.
class TextTokens {
 public:
  // special, splitter: of these tokens. All but control, unknown and byte tokens, and user-defined ones that the chat
  // template writes as marks.
  TextTokens(const TextTable& tokens, const SpecialTokens& special, const SpecialSplitter& splitter);

  // id: of one of them.
  [[nodiscard]] bool has(std::uint32_t id) const noexcept {
    TENFOLD_DCHECK(id < has_.size());
    return has_[id];
  }

 private:
  std::vector<bool> has_;  // by token
};

// The token of a text, or TextTable::kNone. only: null for any token.
inline std::uint32_t find_token(const TextTable& tokens, std::string_view text, const TextTokens* only) noexcept {
  const std::uint32_t id = tokens.find(text);
  return only == nullptr || id == TextTable::kNone || only->has(id) ? id : TextTable::kNone;
}

}  // namespace tenfold
