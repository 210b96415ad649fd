// Test support: the tiny models of tests/data/models with what transformers says of them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "tenfold/session.h"

namespace tenfold {

struct Golden {
  std::string path;  // of the GGUF file
  std::vector<TokenId> prompt;
  int first_position = 0;  // prompt position of the first row of logits
  int vocab_size = 0;
  std::vector<float> logits;    // [rows, vocab_size]; of encoders [rows, model_dim], the last hidden states
  std::vector<TokenId> greedy;  // the ids that follow the prompt; of encoders none
};

// The path of a file of tests/data.
std::string data_path(const std::string& file);

// Every model that answers, by name.
const std::vector<std::string>& golden_names();
Golden read_golden(const std::string& name);

// The data of a NumPy v1 file of little-endian f32.
std::vector<float> read_npy(const std::string& path);
Json read_json(const std::string& path);

bool same_bits(std::span<const float> a, std::span<const float> b);
// mean((a − b)²) / var(b)
double nmse(std::span<const float> a, std::span<const float> b);

}  // namespace tenfold
