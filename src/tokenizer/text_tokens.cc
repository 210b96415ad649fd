#include "tokenizer/text_tokens.h"

#include "base/contracts.h"

namespace tenfold {

TextTokens::TextTokens(const TextTable& tokens, const SpecialTokens& special, const SpecialSplitter& splitter)
    : has_(tokens.size()) {
  TENFOLD_DCHECK(special.traits.size() == tokens.size());
  for (std::uint32_t id = 0; id < tokens.size(); ++id) {
    has_[id] = !special.has(static_cast<TokenId>(id), kControlTrait | kUnknownTrait | kByteTrait);
  }
  for (const TokenId mark : splitter.marks()) {
    const auto id = static_cast<std::uint32_t>(mark);
    // A byte alone may have no other token.
    if (tokens.text(id).size() > 1) has_[id] = false;
  }
}

}  // namespace tenfold
