// For tests only: a tiny model's engine, and what the engine's tests ask of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tenfold/engine.h"
#include "tenfold/options.h"

namespace tenfold {

inline const std::string kTinyModel = std::string(TENFOLD_SOURCE_DIR) + "/tests/data/models/llama-q4_0.gguf";

inline std::shared_ptr<Engine> open_tiny(const EngineOptions& options = {}) {
  auto engine = Engine::open(kTinyModel, options);
  EXPECT_TRUE(engine.ok()) << engine.status().to_string();
  return std::move(engine).value();
}

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
