// Rotary position embedding (Su et al., arXiv 2104.09864): pairs of a head's elements are turned by position ·
// frequency.
#pragma once

#include <span>
#include <vector>

#include "ops/op_context.h"
#include "ops/rows.h"

namespace tenfold {

enum class RopeLayout {
  kNone,         // no rotation (NoPE layers)
  kInterleaved,  // pairs (2i, 2i+1): "NORM" in GGUF terms
  kNeox,         // pairs (i, i + n_pairs)
};

// The angle of pair i at position p is p · frequencies[i] · 1.
struct RopeFrequencies {
  std::vector<float> per_pair;  // [n_pairs]; 2·n_pairs ≤ head_dim, the rest of a head is left alone
};

// Cosines and sines for one step's tokens: row t is cos[n_pairs] then sin[n_pairs]. Computed once, read by all layers.
void rope_table(OpContext& ctx, const RopeFrequencies& frequencies, std::span<const std::int32_t> positions,
                const Rows& table);

// Turns one head by row `angles` of the table.
void rope_head(const kernels::KernelTable& kernels, RopeLayout layout, const float* angles, int n_pairs, float* head);

// Turns every head of every row: x [n_tokens, n_heads·head_dim], table [n_tokens, 2·n_pairs].
void rope(OpContext& ctx, RopeLayout layout, const Rows& table, int head_dim, const Rows& x);

}  // namespace tenfold
