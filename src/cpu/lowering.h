// Lowering: from a plan to the program of this processor, with the operators fused that one parallel region can do and
// the rows in 8 bit that quantised matrices are multiplied with.
#pragma once

#include "cpu/fusion.h"
#include "cpu/packed_weights.h"
#include "cpu/program.h"
#include "tenfold/options.h"

namespace tenfold {

struct LoweringOptions {
  Precision precision = Precision::kFast;
  FusionOptions fusion;
  int n_ctx = 0;  // the longest text that the program is for
  // For an Observer: a stage for each operator, which leaves what it reads as it is. The results are the same bits.
  bool observed = false;
};

// Before the weights are loaded the program tells what memory it takes; only after that may it run.
// plan and weights must outlive it, and stay where they are.
Program lower(const Plan& plan, const PackedWeights& weights, const LoweringOptions& options);

}  // namespace tenfold
