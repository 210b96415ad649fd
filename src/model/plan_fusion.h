// Plan fusion: neighbouring plain steps that one parallel region can do become one fused step.
//
// Results do not change, bit for bit: the fused operators call the same kernels on the same numbers in the same order.
#pragma once

#include "model/plan.h"

namespace tenfold {

// Each rewrite by itself, so that a waterfall can switch them on one after the other.
struct FusionOptions {
  bool qkv = true;         // norm, quantise, Q, K, V, biases, head norms, rope, scale, KV write
  bool projection = true;  // norm, quantise, matrix, bias, residual; norm, residual
  bool gated_ffn = true;   // norm, quantise, gate, up, activation, quantise

  static FusionOptions none() { return {false, false, false}; }
};

// Thread-safe.
void fuse(Plan& plan, const FusionOptions& options);

}  // namespace tenfold
