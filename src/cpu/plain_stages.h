// Stages that do one operator each. lower() makes them of operators that no fused stage takes.
#pragma once

#include <memory>
#include <string>

#include "cpu/packed_weights.h"
#include "cpu/program.h"

namespace tenfold {

// The stage of an operator. Ids of its values may have been put in the place of the plan's.
//   n_ctx: the longest text that it is for
std::unique_ptr<Stage> make_plain_stage(const Operator& op, const PackedWeights& weights, int n_ctx);

// Rows in 8 bit, one scale for 32 elements: what quantised matrices are multiplied with.
struct QuantizeStage final : Stage {
  ValueId in = kNoValue, out = kNoValue;
  void run(ProgramRun& run) const noexcept override;
  [[nodiscard]] std::string describe() const override { return "quantize"; }
};

// "q4_0 [576, 1536]"
std::string describe_matrix(const PackedMatrix& matrix);

}  // namespace tenfold
