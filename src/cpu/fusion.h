// Fusion: neighbouring operators that one parallel region can do become one stage.
//
// Results do not change, bit for bit: the fused operators call the same kernels on the same numbers in the same order.
#pragma once

#include <memory>

#include "cpu/eight_bits.h"
#include "cpu/fused_stages.h"

namespace tenfold {

// Each rewrite by itself, so that a waterfall can switch them on one after the other.
struct FusionOptions {
  bool qkv = true;         // norm, quantise, Q, K, V, biases, head norms, rope, scale, KV write
  bool projection = true;  // norm, quantise, matrix, bias, residual; norm, residual
  bool gated_ffn = true;   // norm, quantise, gate, up, activation, quantise

  static FusionOptions none() { return {false, false, false}; }
};

// A plan as fusion looks at it.
struct FusionInput {
  const Plan& plan;
  const std::vector<bool>& rounded;  // of each operator, see eight_bits.h
  const PackedWeights& weights;
  EightBitTwins& twins;
};

struct Fused {
  std::unique_ptr<FusedStage> stage;  // null if no rewrite fits
  std::size_t n_ops = 0;              // operators that it does
  ValueId rounded = kNoValue;         // a value of which it leaves the twin alone
};

// The stage that does the operators from `at` on.
Fused fuse(const FusionInput& input, std::size_t at, const FusionOptions& options);

}  // namespace tenfold
