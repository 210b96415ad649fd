// What a random model consists of: its metadata and its tensors, without their types and values.
//
// Families live in model_plan.cc and nowhere else: one line each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model_file/gguf/gguf_file.h"

namespace tenfold::random_model {

struct ModelSizes {
  int n_layers = 0;
  int model_dim = 0;
  int ffn_dim = 0;
  int n_heads = 0;
  int n_kv_heads = 0;
  int head_dim = 0;
  int vocab_size = 0;  // 0: as many as the vocabulary has
  int n_ctx = 4096;
  bool tied_output = false;  // the embedding is the output head
  // Of families with experts.
  int n_experts = 8;
  int n_experts_used = 2;
  int expert_ffn_dim = 0;  // 0: a quarter of ffn_dim
};

// What a tensor is for: mixtures of types choose by it.
enum class Role : std::uint8_t {
  kNorm,
  kBias,
  kRouter,
  kEmbedding,
  kOutput,
  kQuery,
  kKey,
  kValue,
  kQkv,
  kAttentionOut,
  kGate,
  kUp,
  kDown,
  kConvolution,
  kOther  // a matrix that no mixture has a word for
};

// Which of the layers that have such a tensor; −1 of 0 outside the layers.
struct Place {
  int layer = -1;
  int n_layers = 0;
};

struct PlannedTensor {
  std::string name;
  Role role;
  Place place;
  std::uint64_t n_rows;  // 1 for a norm or a bias
  std::uint64_t n_columns;
  std::uint64_t n_matrices = 1;  // more: experts

  [[nodiscard]] bool is_vector() const { return role == Role::kNorm || role == Role::kBias; }
};

struct ModelPlan {
  std::vector<GgufEntry> metadata;  // without the tokenizer
  std::vector<PlannedTensor> tensors;
};

// family: an architecture as GGUF names it, or glm4v: glm4 as vision models have it.
// Errors: kUnsupported for another one; kInvalidArgument for sizes that no model has or for more than 2^40 weights, and
// for so few layers that none has attention.
Result<ModelPlan> plan_model(const std::string& family, const ModelSizes& sizes);

// "350m": LFM2-350M's sizes; "gemma3-1b": Gemma 3 1B's; "1b": about TinyLlama's; "9b": GLM-4-9B's. Errors:
// kInvalidArgument for another name.
Result<ModelSizes> sizes_of_preset(const std::string& name);

}  // namespace tenfold::random_model
