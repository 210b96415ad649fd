// Attention of a step's tokens over the KV cache: causal or not, grouped queries, optional sliding window and soft cap.
//
// One pass over the KV blocks of 64 positions, with running maximum and sum (Dao et al., arXiv 2205.14135). Each
// block's partial is formed by itself and merged into its span of 512 positions, each span's into the whole, in the
// order of positions, so the result does not depend on how the work is split.
#pragma once

#include "ops/kv_view.h"
#include "ops/op_context.h"
#include "ops/rows.h"
#include "plan/operator_kinds.h"

namespace tenfold {

struct AttentionShape {
  int n_heads = 0;    // a multiple of kv.n_kv_heads
  int window = 0;     // a token sees itself and window − 1 before it; 0: all before it; causal only
  float softcap = 0;  // 0: none
  AttentionMask mask = AttentionMask::kCausal;
};

// Bytes of scratch a worker needs.
std::size_t attention_scratch_bytes(int n_heads, int group, int head_dim);

// q:   [n_tokens, n_heads·head_dim], rotated and scaled by 1/√head_dim
// out: the same shape; may not be q
void attention(OpContext& ctx, const KvLayerView& kv, const AttentionShape& shape, const Rows& q, const Rows& out);

}  // namespace tenfold
