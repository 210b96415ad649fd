// Test support: the tiny models of tests/data/models with what transformers says of them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/executor.h"
#include "model/model.h"

namespace tenfold {

struct Golden {
  std::string path;  // of the GGUF file
  std::vector<TokenId> prompt;
  int first_position = 0;  // prompt position of the first row of logits
  int vocab_size = 0;
  std::vector<float> logits;    // [rows, vocab_size]; of encoders [rows, model_dim], the last hidden states
  std::vector<TokenId> greedy;  // the ids that follow the prompt; of encoders none
};

// Every model that answers, by name.
const std::vector<std::string>& golden_names();
Golden read_golden(const std::string& name);

// A model that is ready to run, with threads and memory of its own.
struct Runnable {
  std::unique_ptr<TaskPool> pool;
  std::unique_ptr<Model> model;
  std::unique_ptr<KvPool> kv_pool;
  std::unique_ptr<Executor> executor;
};

struct RunnableOptions {
  ModelOptions model;
  int n_threads = 2;
  int max_tokens = 512;
  kernels::KvType kv_type = kernels::KvType::kF32;
  const PackedCache* cache = nullptr;
  int n_ctx = 1024;
};
Runnable make_runnable(const std::string& path, const kernels::KernelTable& kernels, const RunnableOptions& options);

// Logits after every token of `tokens`, fed in chunks of `chunk`.
std::vector<float> run_all(Runnable& runnable, const std::vector<TokenId>& tokens, int chunk);
// Logits after the last of them, as prompts are fed: no row is wanted of any chunk before it.
std::vector<float> run_prompt(Runnable& runnable, const std::vector<TokenId>& tokens, int chunk);

// The data of a NumPy v1 file of little-endian f32.
std::vector<float> read_npy(const std::string& path);
Json read_json(const std::string& path);

bool same_bits(std::span<const float> a, std::span<const float> b);
// mean((a − b)²) / var(b)
double nmse(std::span<const float> a, std::span<const float> b);

}  // namespace tenfold
