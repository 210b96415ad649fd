// A projection back into the residual stream as one region: quantise, matrix, bias, x += result.
#pragma once

#include "ops/mat_mul.h"
#include "ops/region_input.h"

namespace tenfold {

// Bytes of scratch a worker needs for an input of `width`.
std::size_t projection_scratch_bytes(const kernels::KernelTable& kernels, int width);

// residual += W·input + bias
//   input:     [n_tokens, w.k]
//   bias:      [w.n] or null
//   residual:  [n_tokens, w.n]
void project_residual(OpContext& ctx, const RegionInput& input, const PackedMatrix& w, const float* bias,
                      const Rows& residual);

// out = W·input + bias, as one region: the output head, and any projection whose result is not added at once.
//   bias:  [w.n] or null
//   out:   [n_tokens, w.n]; Q8 inputs only with quantised weights
void project(OpContext& ctx, const RegionInput& input, const PackedMatrix& w, const float* bias, const Rows& out);

}  // namespace tenfold
