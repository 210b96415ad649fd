#include "plan/operators.h"

#include "base/cat.h"

namespace tenfold {

namespace {

std::string describe_weight(WeightId id, const WeightTable& weights) {
  if (!has(id)) return "";
  const WeightEntry& entry = weights[id];
  const std::string shape =
      entry.role == WeightRole::kVector ? cat("[", entry.k, "]") : cat("[", entry.n, ", ", entry.k, "]");
  return cat(" ", entry.tensor, " ", dtype_traits(entry.dtype).name, " ", shape);
}

// The name of an operator, and what is worth telling of its numbers.
struct Name {
  std::string operator()(const Embed&) const { return "embed"; }
  std::string operator()(const RopeAngles& op) const { return cat("rope_angles ", op.frequencies.size(), " pairs"); }
  std::string operator()(const RmsNorm&) const { return "rms_norm"; }
  std::string operator()(const LayerNorm&) const { return "layer_norm"; }
  std::string operator()(const HeadNorm&) const { return "head_norm"; }
  std::string operator()(const Gelu&) const { return "gelu"; }
  std::string operator()(const AddTableRow& op) const {
    return op.row == AddTableRow::Row::kFirst ? "add_first_row" : "add_positions";
  }
  std::string operator()(const Project&) const { return "project"; }
  std::string operator()(const Rope& op) const {
    return op.layout == RopeLayout::kNeox ? "rope neox" : "rope interleaved";
  }
  std::string operator()(const Scale& op) const { return cat("scale ", op.factor); }
  std::string operator()(const KvWrite&) const { return "kv_write"; }
  std::string operator()(const Attention& op) const {
    return cat("attention ", op.n_heads, " heads of ", op.head_dim, op.window > 0 ? cat(", window ", op.window) : "");
  }
  std::string operator()(const ShortConv& op) const { return cat("short_conv of ", op.n_taps); }
  std::string operator()(const GateMul& op) const {
    return op.activation == GateActivation::kSilu ? "silu_mul" : "gelu_mul";
  }
  std::string operator()(const Add&) const { return "add"; }
  std::string operator()(const GatherOutputs&) const { return "gather_outputs"; }
  std::string operator()(const Route& op) const {
    return cat("route ", op.routing.gating == ExpertGating::kSoftmax ? "softmax " : "sigmoid ", op.routing.n_used,
               " of ", op.routing.n_experts, " experts");
  }
  std::string operator()(const ToSlots&) const { return "to_slots"; }
  std::string operator()(const ExpertProject&) const { return "expert_project"; }
  std::string operator()(const FromSlots&) const { return "from_slots"; }
  std::string operator()(const Softcap& op) const { return cat("softcap ", op.cap); }
  std::string operator()(const Patches& op) const { return cat("patches of ", op.side, " by ", op.side); }
  std::string operator()(const AddPositionGrid& op) const { return cat("add_positions of ", op.side, " by ", op.side); }
  std::string operator()(const MergeSquares& op) const { return cat("merge squares of ", op.n_merged); }
};

struct MainWeight {
  template <typename Op>
  WeightId operator()(const Op& op) const {
    if constexpr (requires { op.matrix; }) return op.matrix;
    if constexpr (requires { op.experts; }) return op.experts;
    if constexpr (requires { op.table; }) return op.table;
    if constexpr (requires { op.taps; }) return op.taps;
    if constexpr (requires { op.weight; }) return op.weight;
    return kNoWeight;
  }
};

}  // namespace

Operands operands(const Operator& op) {
  return std::visit([](const auto& o) { return o.operands(); }, op);
}

WeightId main_weight(const Operator& op) { return std::visit(MainWeight{}, op); }

std::string describe(const Operator& op) { return std::visit(Name{}, op); }

std::string describe(const Operator& op, const WeightTable& weights) {
  return describe(op) + describe_weight(main_weight(op), weights);
}

}  // namespace tenfold
