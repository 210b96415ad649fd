// What the weights of a model are for: entries of its table, by name. Plain data.
#pragma once

#include <vector>

#include "plan/weight_table.h"

namespace tenfold {

struct LayerNormWeights {
  WeightId weight, bias;
};

// Shapes as [outputs, inputs]; a model lacks those that are none.
struct LayerWeights {
  WeightId attention_norm;  // [model_dim]
  WeightId q, k, v;         // [n_heads·head_dim, model_dim], [n_kv_heads·head_dim, model_dim] twice
  WeightId q_bias;          // [n_heads·head_dim]
  WeightId k_bias;          // [n_kv_heads·head_dim]
  WeightId v_bias;
  WeightId q_norm;  // [head_dim]
  WeightId k_norm;
  WeightId attention_out;  // [model_dim, n_heads·head_dim]
  WeightId attention_out_bias;
  WeightId post_attention_norm;  // [model_dim], with ArchSpec::post_norms

  // Of layers that are short convolutions; attention_norm stands before those, too.
  WeightId conv_in;    // [3·model_dim, model_dim]
  WeightId conv_taps;  // [model_dim, n_conv_taps]
  WeightId conv_out;   // [model_dim, model_dim]

  WeightId ffn_norm;   // [model_dim]
  WeightId gate, up;   // [ffn_dim, model_dim]
  WeightId down;       // [model_dim, ffn_dim]
  WeightId gate_bias;  // [ffn_dim]
  WeightId up_bias;
  WeightId down_bias;      // [model_dim]
  WeightId post_ffn_norm;  // [model_dim], with ArchSpec::post_norms

  // Of encoders, whose norms stand behind the sums. [model_dim] each
  LayerNormWeights attention_out_norm, layer_out_norm;

  // Of layers with experts; gate, up and down are then those of the shared expert, or absent.
  WeightId router;                    // [n_experts, model_dim]
  WeightId router_choice_bias;        // [n_experts]
  WeightId gate_experts, up_experts;  // [expert ffn_dim, model_dim] each
  WeightId down_experts;              // [model_dim, expert ffn_dim] each
};

struct Weights {
  WeightId token_embedding;  // [vocab_size, model_dim]
  WeightId positions;        // [n_ctx_train, model_dim] of models that add an embedding of the position
  WeightId token_types;      // [types, model_dim] of encoders: the first one is added to every token
  LayerNormWeights embedding_norm;
  std::vector<LayerWeights> layers;
  WeightId output_norm;   // [model_dim]
  WeightId output;        // [vocab_size, model_dim]; the embedding itself when tied
  WeightId rope_factors;  // [n_rope_dims / 2] divisors of the frequencies (Llama 3.1)
  // The same for contexts up to and beyond ArchSpec::short_ctx.
  WeightId short_rope_factors;
  WeightId long_rope_factors;
};

}  // namespace tenfold
