// ArchSpec: what kind of transformer this is. Sizes and flags; a flag names a property, never a model.
#pragma once

#include <string>

#include "ops/rope.h"
#include "ops/row_ops.h"

namespace tenfold {

struct ArchSpec {
  std::string architecture;  // general.architecture

  int n_layers = 0;
  int model_dim = 0;
  int ffn_dim = 0;
  int n_heads = 0;
  int n_kv_heads = 0;  // divides n_heads
  int head_dim = 0;
  int vocab_size = 0;  // rows of the embedding; what the metadata say, or 0, until those are known
  int n_ctx_train = 0;

  float norm_eps = 0;
  float embedding_scale = 1;    // token embeddings are multiplied by it
  float attention_scale = 0;    // scores are multiplied by it: 1/√head_dim as a rule
  float attention_softcap = 0;  // 0: none
  float logit_softcap = 0;      // 0: none
  int sliding_window = 0;       // 0: every token sees all before it

  RopeLayout rope = RopeLayout::kInterleaved;
  int n_rope_dims = 0;  // first elements of a head that are rotated
  float rope_theta = 10000;
  float rope_scale = 1;  // positions are multiplied by it (linear scaling: 1/factor)

  bool qk_norm = false;     // RMS norm of each query and key head, before rope
  bool post_norms = false;  // RMS norm of attention's and FFN's result before it is added (sandwich)
  GateActivation activation = GateActivation::kSilu;
};

}  // namespace tenfold
