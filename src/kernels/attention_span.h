// The blocks of an attention kernel's span one by one.
#pragma once

#include <string.h>

#include "kernels/kernel_table.h"

namespace tenfold::kernels {
namespace {

// A span's queries against one of its blocks.
struct BlockArgs : AttentionArgs {
  const void* kv_block;
  const void* next_block;  // the one that is read after it; kv_block if there is none
  int begin;               // the block's first position within the span
};

inline BlockArgs block_of_span(const AttentionArgs& a, int block) {
  const int next = block + 1 < a.n_blocks ? block + 1 : block;
  return {a, a.kv_blocks[block], a.kv_blocks[next], block * kKvBlock};
}

// A position of the span as one of the block, 0…64.
inline int clamp_to_block(int position, int begin) {
  const int p = position - begin;
  return p < 0 ? 0 : p > kKvBlock ? kKvBlock : p;
}

// KernelTable::merge_attention with an instruction set's own exp(x) of a float, and its
// scale_and_add(acc, keep, part, take, head_dim): acc = fma(acc, keep, part·take).
template <typename Exp, typename ScaleAndAdd>
void merge_states(const AttentionState& part, int32_t n_queries, int32_t head_dim, const AttentionState& whole,
                  const Exp& exp, const ScaleAndAdd& scale_and_add) {
  for (int32_t i = 0; i < n_queries; ++i) {
    if (part.l[i] == 0) continue;
    const float* from = part.acc + static_cast<int64_t>(i) * head_dim;
    float* acc = whole.acc + static_cast<int64_t>(i) * head_dim;
    if (whole.l[i] == 0) {
      whole.m[i] = part.m[i];
      whole.l[i] = part.l[i];
      memcpy(acc, from, static_cast<size_t>(head_dim) * sizeof(float));
      continue;
    }
    const float m = whole.m[i] > part.m[i] ? whole.m[i] : part.m[i];
    const float keep = exp(whole.m[i] - m), take = exp(part.m[i] - m);
    whole.m[i] = m;
    whole.l[i] = __builtin_fmaf(whole.l[i], keep, part.l[i] * take);
    scale_and_add(acc, keep, from, take, head_dim);
  }
}

}  // namespace
}  // namespace tenfold::kernels
