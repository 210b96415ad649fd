#include "engine/same_vocabulary.h"

#include <algorithm>

#include "base/error.h"

namespace tenfold {

Result<SharedVocabulary> shared_vocabulary(const Tokenizer& model, std::span<const std::string_view> draft) {
  SharedVocabulary shared;
  shared.n_tokens = static_cast<int>(std::min(static_cast<std::size_t>(model.vocab_size()), draft.size()));
  for (TokenId id = 0; id < shared.n_tokens; ++id) {
    if (draft[static_cast<std::size_t>(id)] != model.text(id)) shared.renamed.push_back(id);
  }
  const std::size_t n_bearable = static_cast<std::size_t>(shared.n_tokens) / 100;
  if (shared.renamed.size() <= n_bearable) return shared;
  const TokenId first = shared.renamed.front();
  return invalid_argument("vocabulary: expected the model's, in which token ", first, " is \"",
                          printable(model.text(first)), "\", found \"",
                          printable(draft[static_cast<std::size_t>(first)]), "\"; of ", shared.n_tokens,
                          " tokens that both have ", shared.renamed.size(), " differ, expected at most ", n_bearable);
}

}  // namespace tenfold
