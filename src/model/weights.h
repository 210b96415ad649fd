// Weights: every tensor of a model in memory, packed for this machine's kernels. Immutable once loaded.
#pragma once

#include <vector>

#include "ops/packed_matrix.h"
#include "ops/row_ops.h"
#include "runtime/arena.h"

namespace tenfold {

// Shapes as [outputs, inputs]; an absent matrix has n == 0, an absent vector is null.
struct LayerWeights {
  const float* attention_norm = nullptr;  // [model_dim]
  PackedMatrix q, k, v;                   // [n_heads·head_dim, model_dim], [n_kv_heads·head_dim, model_dim] twice
  const float* q_bias = nullptr;          // [n_heads·head_dim]
  const float* k_bias = nullptr;          // [n_kv_heads·head_dim]
  const float* v_bias = nullptr;
  const float* q_norm = nullptr;  // [head_dim]
  const float* k_norm = nullptr;
  PackedMatrix attention_out;  // [model_dim, n_heads·head_dim]
  const float* attention_out_bias = nullptr;
  const float* post_attention_norm = nullptr;  // [model_dim], with ArchSpec::post_norms

  const float* ffn_norm = nullptr;   // [model_dim]
  PackedMatrix gate, up;             // [ffn_dim, model_dim]
  PackedMatrix down;                 // [model_dim, ffn_dim]
  const float* gate_bias = nullptr;  // [ffn_dim]
  const float* up_bias = nullptr;
  const float* down_bias = nullptr;      // [model_dim]
  const float* post_ffn_norm = nullptr;  // [model_dim], with ArchSpec::post_norms

  // Of encoders, whose norms stand behind the sums. [model_dim] each
  LayerNormWeights attention_out_norm, layer_out_norm;

  // Of layers with experts; gate, up and down are then those of the shared expert, or absent.
  PackedMatrix router;                        // [n_experts, model_dim]
  const float* router_choice_bias = nullptr;  // [n_experts]
  PackedExperts gate_experts, up_experts;     // [expert ffn_dim, model_dim] each
  PackedExperts down_experts;                 // [model_dim, expert ffn_dim] each
};

struct Weights {
  Arena arena;                   // owns what all the others point into
  PackedMatrix token_embedding;  // [vocab_size, model_dim]
  PackedMatrix positions;        // [n_ctx_train, model_dim] of models that add an embedding of the position
  PackedMatrix token_types;      // [types, model_dim] of encoders: the first one is added to every token
  LayerNormWeights embedding_norm;
  std::vector<LayerWeights> layers;
  const float* output_norm = nullptr;   // [model_dim]
  PackedMatrix output;                  // [vocab_size, model_dim]; the embedding's own panels when tied
  const float* rope_factors = nullptr;  // [n_rope_dims / 2] divisors of the frequencies (Llama 3.1)
  // The same for contexts up to and beyond ArchSpec::short_ctx.
  const float* short_rope_factors = nullptr;
  const float* long_rope_factors = nullptr;
};

}  // namespace tenfold
