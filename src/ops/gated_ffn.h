// The gated half of a feed-forward layer as one region: norm, quantise, gate and up, activation(gate)·up, quantise.
#pragma once

#include "ops/mat_mul.h"
#include "ops/region_input.h"
#include "ops/row_ops.h"

namespace tenfold {

struct GatedFfnArgs {
  InputRecipe recipe;
  const PackedMatrix* gate = nullptr;  // [ffn_dim, model_dim]
  const PackedMatrix* up = nullptr;    // the same shape
  const float* gate_bias = nullptr;    // [ffn_dim] or null
  const float* up_bias = nullptr;
  GateActivation activation = GateActivation::kSilu;
  bool quantize_out = false;  // Q8 rows for the down projection, else f32
};

// Bytes of scratch a worker needs.
std::size_t gated_ffn_scratch_bytes(const kernels::KernelTable& kernels, int model_dim);

//   x:    [n_tokens, model_dim]
//   out:  n_tokens rows of RegionInput::row_bytes(ffn_dim, quantize_out)
void gated_ffn(OpContext& ctx, const GatedFfnArgs& args, const Rows& x, std::byte* shared, std::byte* out);

}  // namespace tenfold
