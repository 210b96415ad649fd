// Stores keys and values of a step's tokens in the KV cache.
#pragma once

#include "ops/kv_view.h"
#include "ops/op_context.h"
#include "ops/rows.h"

namespace tenfold {

// One token's key and value of one KV head. token: its row in the step.
void kv_write_head(const kernels::KernelTable& kernels, const KvLayerView& kv, int token, int kv_head, const float* k,
                   const float* v);

// k, v: [n_tokens, n_kv_heads·head_dim]
void kv_write(OpContext& ctx, const KvLayerView& kv, const Rows& k, const Rows& v);

}  // namespace tenfold
