// What is done to a text whose vector is made: the model's prompt comes before it, and its tokens are cut where the
// model's own limit is. Pure functions, thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "model/vector_settings.h"
#include "tenfold/options.h"
#include "tenfold/status.h"
#include "tokenizer/tokenizer.h"

namespace tenfold {

// The text that comes before others; "" for none. Errors: kInvalidArgument for a prompt that the model does not have.
Result<std::string_view> find_prompt(const VectorSettings& settings, const EmbedOptions& options);

// The most tokens of a text that are taken: what the model's file says; with options.truncate no more than n_ctx.
std::size_t max_text_tokens(const VectorSettings& settings, int n_ctx, const EmbedOptions& options);

// Leaves at most `limit` ≥ 1 of a text's tokens: the last ones before EOS go, as Hugging Face tokenizers cut.
//   tokens:  with BOS and EOS as the tokenizer adds them
void cut_tokens(std::vector<TokenId>& tokens, std::size_t limit, const Tokenizer& tokenizer);

}  // namespace tenfold
