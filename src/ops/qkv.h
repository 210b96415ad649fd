// The first region of an attention layer: norm, quantise, Q, K and V, biases, head norms, rope, KV write.
//
// A chunk is whole heads, so that everything after the matrices happens while the head is still in cache.
#pragma once

#include "ops/kv_view.h"
#include "ops/mat_mul.h"
#include "ops/region_input.h"
#include "ops/rope.h"

namespace tenfold {

// One of the three projections and what is done to each of its heads.
struct HeadProjection {
  const PackedMatrix* matrix = nullptr;  // [n_heads·head_dim, model_dim]
  const float* bias = nullptr;           // [n_heads·head_dim] or null
  const float* head_norm = nullptr;      // [head_dim] or null: RMS norm of each head, before rope
};

struct QkvArgs {
  InputRecipe recipe;
  HeadProjection q, k, v;
  float head_norm_eps = 0;
  RopeLayout rope = RopeLayout::kNone;
  float q_scale = 1;  // 1/√head_dim
};

// Bytes of scratch a worker needs.
std::size_t qkv_scratch_bytes(const kernels::KernelTable& kernels, int model_dim, int head_dim);

//   x:       [n_tokens, model_dim]
//   shared:  see RegionInput
//   angles:  [n_tokens, 2·n_pairs], from rope_table
//   q:       [n_tokens, n_heads·head_dim], written
void qkv(OpContext& ctx, const QkvArgs& args, const Rows& x, std::byte* shared, const Rows& angles,
         const KvLayerView& kv, const Rows& q);

}  // namespace tenfold
