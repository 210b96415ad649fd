#include "engine/vector_text.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/contracts.h"
#include "base/error.h"

namespace tenfold {

Result<std::string_view> find_prompt(const VectorSettings& settings, const EmbedOptions& options) {
  const std::string& name = options.prompt_name ? *options.prompt_name : settings.default_prompt;
  if (name.empty()) return std::string_view();
  if (const NamedPrompt* prompt = settings.find_prompt(name)) return std::string_view(prompt->text);
  std::string known;
  for (const NamedPrompt& prompt : settings.prompts) known += cat(known.empty() ? "" : ", ", printable(prompt.name));
  return invalid_argument("prompt: expected ", known.empty() ? "none, as the model's file has none" : known, ", found ",
                          printable(name));
}

std::size_t max_text_tokens(const VectorSettings& settings, int n_ctx, const EmbedOptions& options) {
  const int limit = settings.max_tokens.value_or(std::numeric_limits<int>::max());
  return static_cast<std::size_t>(options.truncate ? std::min(limit, n_ctx) : limit);
}

void cut_tokens(std::vector<TokenId>& tokens, std::size_t limit, const Tokenizer& tokenizer) {
  TENFOLD_DCHECK(limit >= 1);
  if (tokens.size() <= limit) return;
  const TokenId last = tokens.back();
  tokens.resize(limit);
  if (tokenizer.adds_eos() && last == tokenizer.eos()) tokens.back() = last;
}

}  // namespace tenfold
