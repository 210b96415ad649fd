// Test support: models that are ready to run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cpu/executor.h"
#include "cpu/kv_cache.h"
#include "cpu/model.h"

namespace tenfold {

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

}  // namespace tenfold
