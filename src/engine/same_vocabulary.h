// Which tokens mean the same to a model and to the draft model that drafts for it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "tenfold/status.h"
#include "tokenizer/tokenizer.h"

namespace tenfold {

// A draft can only cost time, never change an answer. So vocabularies need not be equal: what one of them does not
// have, or calls otherwise, is just never drafted.
struct SharedVocabulary {
  int n_tokens = 0;              // ids below it are tokens of both
  std::vector<TokenId> renamed;  // those of them whose texts differ, ascending
};

// Models of one family differ in how many unused tokens they are padded with, and sometimes in what one is called.
//
// draft: the texts of the draft model's tokens. Errors: kInvalidArgument if more than one in a hundred of the ids that
// both have are of different texts: how many, and the first of them.
Result<SharedVocabulary> shared_vocabulary(const Tokenizer& model, std::span<const std::string_view> draft);

}  // namespace tenfold
