// Rotary position embedding (Su et al., arXiv 2104.09864): pairs of a head's elements are turned by position ·
// frequency.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ops/op_context.h"
#include "ops/rows.h"
#include "plan/operator_kinds.h"

namespace tenfold {

// The angle of pair i of a token at p is p[axes[i]] · per_pair[i].
struct RopeFrequencies {
  std::vector<float> per_pair;     // [n_pairs]; 2·n_pairs ≤ head_dim, the rest of a head is left alone
  std::vector<std::uint8_t> axes;  // [n_pairs], 0…2; empty: all 0
  float amplitude = 1;             // cosines and sines are multiplied by it
};

// Cosines and sines for one step's tokens: row t is cos[n_pairs] then sin[n_pairs]. Computed once, read by all layers.
void rope_table(OpContext& ctx, const RopeFrequencies& frequencies, std::span<const RopePosition> positions,
                const Rows& table);

// Turns one head by row `angles` of the table.
void rope_head(const kernels::KernelTable& kernels, RopeLayout layout, const float* angles, int n_pairs, float* head);

// Turns every head of every row: x [n_tokens, n_heads·head_dim], table [n_tokens, 2·n_pairs].
void rope(OpContext& ctx, RopeLayout layout, const Rows& table, int head_dim, const Rows& x);

}  // namespace tenfold
