#include "engine/same_vocabulary.h"

#include "base/error.h"

namespace tenfold {

Status expect_same_vocabulary(const Tokenizer& model, std::span<const std::string_view> draft) {
  const auto n = static_cast<std::size_t>(model.vocab_size());
  if (draft.size() != n) {
    return invalid_argument("vocabulary: expected the model's, ", n, " tokens, found ", draft.size());
  }
  for (std::size_t id = 0; id < n; ++id) {
    const std::string_view expected = model.text(static_cast<TokenId>(id));
    if (draft[id] == expected) continue;
    return invalid_argument("vocabulary: expected the model's, in which token ", id, " is \"", printable(expected),
                            "\", found \"", printable(draft[id]), "\"");
  }
  return {};
}

}  // namespace tenfold
