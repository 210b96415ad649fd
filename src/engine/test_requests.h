// For tests only: what the engine's tests ask for.
#pragma once

#include <vector>

#include "tenfold/options.h"

namespace tenfold {

// n tokens that every tiny model has.
inline std::vector<TokenId> some_tokens(int n) {
  std::vector<TokenId> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back(3 + (i * 31) % 250);
  return tokens;
}

// The likeliest n tokens, past the model's own end.
inline GenerateOptions greedy(int n) {
  GenerateOptions options;
  options.max_tokens = n;
  options.sampler.temperature = 0;
  options.ignore_end = true;
  return options;
}

}  // namespace tenfold
