// Whether a draft model's tokens mean what the model's mean.
#pragma once

#include <span>
#include <string_view>

#include "tenfold/status.h"
#include "tokenizer/tokenizer.h"

namespace tenfold {

// draft: the texts of the draft model's tokens. Errors: kInvalidArgument saying what differs: how many there are, or
// the first token that is another.
Status expect_same_vocabulary(const Tokenizer& model, std::span<const std::string_view> draft);

}  // namespace tenfold
