// What a random model consists of: its metadata and its tensors, without their types and values.
//
// Architectures live in model_plan.cc and nowhere else: one function each.
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
};

// What a tensor is for: mixtures of types choose by it.
enum class Role : std::uint8_t { kNorm, kEmbedding, kOutput, kQuery, kKey, kValue, kAttentionOut, kGate, kUp, kDown };

struct PlannedTensor {
  std::string name;
  Role role;
  int layer;             // −1 outside the layers
  std::uint64_t n_rows;  // 1 for a norm
  std::uint64_t n_columns;
};

struct ModelPlan {
  std::vector<GgufEntry> metadata;  // without the tokenizer
  std::vector<PlannedTensor> tensors;
};

// Errors: kUnsupported for an architecture other than "llama"; kInvalidArgument for sizes that no model has or for more
// than 2^40 weights.
Result<ModelPlan> plan_model(const std::string& architecture, const ModelSizes& sizes);

// "1b": about TinyLlama's sizes; "9b": GLM-4-9B's. Errors: kInvalidArgument for another name.
Result<ModelSizes> sizes_of_preset(const std::string& name);

}  // namespace tenfold::random_model
