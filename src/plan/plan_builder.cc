#include "plan/plan_builder.h"

#include <algorithm>

#include "base/cat.h"
#include "base/contracts.h"

namespace tenfold {

ValueId PlanBuilder::value(const Value& wanted) {
  const auto found = std::find(plan_.values.begin(), plan_.values.end(), wanted);
  if (found != plan_.values.end()) return static_cast<ValueId>(found - plan_.values.begin());
  plan_.values.push_back(wanted);
  return static_cast<ValueId>(plan_.values.size() - 1);
}

ValueId PlanBuilder::like(ValueId other, const char* name, int width) {
  Value wanted = plan_.value(other);
  wanted.name = name;
  wanted.width = width;
  return value(wanted);
}

ExpertCounts PlanBuilder::counts_of(ValueId schedule) const {
  const Value& value = plan_.value(schedule);
  TENFOLD_DCHECK(value.kind == ValueKind::kSchedule);
  return {value.n_experts, value.width};
}

ValueId PlanBuilder::embed(WeightId table, float factor) {
  const ValueId out = value({"x", ValueKind::kRows, weights_[table].k});
  append(Embed{table, factor, out});
  return out;
}

ValueId PlanBuilder::rope_angles(RopeAngles angles, const char* name) {
  angles.out = value({name, ValueKind::kRows, static_cast<int>(2 * angles.frequencies.size())});
  const ValueId out = angles.out;
  append(std::move(angles));
  return out;
}

ValueId PlanBuilder::norm(ValueId x, WeightId weight, const char* name) {
  TENFOLD_DCHECK(weights_[weight].k == plan_.value(x).width);
  const ValueId out = like(x, name);
  append(RmsNorm{weight, norm_eps_, x, out});
  return out;
}

ValueId PlanBuilder::project(ValueId x, WeightId matrix, WeightId bias, const char* name) {
  TENFOLD_DCHECK(weights_[matrix].k == plan_.value(x).width);
  const ValueId out = like(x, name, weights_[matrix].n);
  append(Project{matrix, bias, x, out});
  return out;
}

void PlanBuilder::layer_norm(ValueId x, WeightId weight, WeightId bias, float eps) {
  append(LayerNorm{weight, bias, eps, x});
}

void PlanBuilder::gelu(ValueId x) { append(Gelu{x}); }

void PlanBuilder::add_positions(ValueId x, WeightId table) {
  append(AddTableRow{table, AddTableRow::Row::kPosition, x});
  plan_.max_positions = weights_[table].n;
}

void PlanBuilder::add_first_row(ValueId x, WeightId table) { append(AddTableRow{table, AddTableRow::Row::kFirst, x}); }

void PlanBuilder::head_norm(ValueId x, WeightId weight, int head_dim) {
  TENFOLD_DCHECK(weights_[weight].k == head_dim && plan_.value(x).width % head_dim == 0);
  append(HeadNorm{weight, norm_eps_, head_dim, x});
}

void PlanBuilder::rope(ValueId x, ValueId angles, const AttentionHeads& heads) {
  TENFOLD_DCHECK(plan_.value(angles).width <= heads.head_dim);
  append(Rope{heads.rope, heads.head_dim, angles, x});
}

void PlanBuilder::scale(ValueId x, float factor) { append(Scale{factor, x}); }

KvPlace PlanBuilder::new_place(const KvClass& stored) {
  const auto alike = [&](const KvClass& other) {
    return other.n_kv_heads == stored.n_kv_heads && other.head_dim == stored.head_dim && other.window == stored.window;
  };
  auto found = std::find_if(plan_.kv_classes.begin(), plan_.kv_classes.end(), alike);
  if (found == plan_.kv_classes.end()) found = plan_.kv_classes.insert(found, stored);
  return {static_cast<int>(found - plan_.kv_classes.begin()), found->n_layers++};
}

void PlanBuilder::kv_write(ValueId k, ValueId v, const AttentionHeads& heads, int window) {
  TENFOLD_DCHECK(plan_.value(k).width == heads.n_kv_heads * heads.head_dim);
  if (!place_) place_ = new_place({.n_kv_heads = heads.n_kv_heads, .head_dim = heads.head_dim, .window = window});
  places_[layer_] = *place_;
  append(KvWrite{*place_, heads.head_dim, k, v, kv()});
}

ValueId PlanBuilder::attention(ValueId q, const AttentionHeads& heads, int window) {
  TENFOLD_DCHECK(plan_.value(q).width == heads.n_heads * heads.head_dim);
  TENFOLD_DCHECK(place_.has_value());
  const ValueId out = like(q, "attended");
  append(Attention{*place_, heads.n_heads, heads.n_kv_heads, heads.head_dim, window, heads.softcap, heads.mask, q, kv(),
                   out});
  plan_.causal = heads.mask == AttentionMask::kCausal;
  return out;
}

ValueId PlanBuilder::short_conv(ValueId in, WeightId taps) {
  const int n_taps = weights_[taps].k, width = weights_[taps].n;
  ConvState& kept = plan_.conv_state;
  TENFOLD_DCHECK(plan_.value(in).width == 3 * width);
  TENFOLD_DCHECK(kept.n_layers == 0 || (kept.n_taps == n_taps && kept.width == width));
  const ValueId out = like(in, "convolved", width);
  append(ShortConv{taps, n_taps, kept.n_layers, in, value({"state", ValueKind::kState}), out});
  kept = {kept.n_layers + 1, n_taps, width};
  return out;
}

ValueId PlanBuilder::gate_mul(ValueId gate, ValueId up, GateActivation activation) {
  TENFOLD_DCHECK(plan_.value(gate).width == plan_.value(up).width);
  const ValueId out = like(gate, "gated");
  append(GateMul{activation, gate, up, out});
  return out;
}

void PlanBuilder::add(ValueId x, ValueId y) {
  TENFOLD_DCHECK(plan_.value(x).width == plan_.value(y).width);
  append(Add{x, y});
}

ValueId PlanBuilder::route(ValueId logits, const ExpertRouting& routing, WeightId choice_bias) {
  TENFOLD_DCHECK(plan_.value(logits).width == routing.n_experts && routing.n_used <= routing.n_experts);
  const ValueId schedule = value(
      {"schedule", ValueKind::kSchedule, routing.n_used, /*per_output=*/false, /*rows_a_token=*/1, routing.n_experts});
  append(Route{routing, choice_bias, logits, schedule});
  return schedule;
}

ValueId PlanBuilder::to_slots(ValueId x, ValueId schedule) {
  Value slots = plan_.value(x);
  slots.name += "_slots";
  slots.rows_a_token = plan_.value(schedule).width;
  const ValueId out = value(slots);
  append(ToSlots{counts_of(schedule), x, schedule, out});
  return out;
}

ValueId PlanBuilder::expert_project(ValueId x, ValueId schedule, WeightId experts, const char* name) {
  TENFOLD_DCHECK(weights_[experts].k == plan_.value(x).width);
  const ValueId out = like(x, name, weights_[experts].n);
  append(ExpertProject{counts_of(schedule), experts, x, schedule, out});
  return out;
}

void PlanBuilder::from_slots(ValueId x, ValueId schedule, ValueId y) {
  append(FromSlots{counts_of(schedule), x, schedule, y});
}

ValueId PlanBuilder::gather_outputs(ValueId x) {
  Value rows = plan_.value(x);
  rows.name = "x_out";
  rows.per_output = true;
  const ValueId out = value(rows);
  append(GatherOutputs{x, out});
  return out;
}

void PlanBuilder::hidden(ValueId x, WeightId norm) {
  plan_.n_body = plan_.operators.size();
  Value rows = plan_.value(x);
  rows.name = "final";
  rows.kind = ValueKind::kHidden;
  rows.per_output = true;
  const ValueId out = value(rows);
  plan_.hidden_head.push_back(
      {layer_, has(norm) ? Operator(RmsNorm{norm, norm_eps_, x, out}) : Operator(GatherOutputs{x, out})});
}

void PlanBuilder::logits(ValueId x, WeightId matrix, float softcap) {
  const ValueId out = value({"logits", ValueKind::kLogits, weights_[matrix].n, /*per_output=*/true});
  append(Project{matrix, kNoWeight, x, out});
  if (softcap > 0) append(Softcap{softcap, out});
}

ValueId PlanBuilder::patches(Patches patches) {
  patches.out = value({"patches", ValueKind::kRows, 3 * patches.side * patches.side});
  append(patches);
  return patches.out;
}

void PlanBuilder::add_position_grid(ValueId x, AddPositionGrid grid) {
  TENFOLD_DCHECK(weights_[grid.table].n == grid.side * grid.side);
  grid.x = x;
  append(grid);
}

ValueId PlanBuilder::merge_squares(ValueId x, int n_merged) {
  const ValueId out = value({"merged", ValueKind::kRows, plan_.value(x).width * n_merged, /*per_output=*/true});
  append(MergeSquares{n_merged, x, out});
  return out;
}

Plan PlanBuilder::take() {
  if (plan_.hidden_head.empty()) plan_.n_body = plan_.operators.size();  // no head
  return std::move(plan_);
}

}  // namespace tenfold
