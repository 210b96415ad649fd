#include "model/plan_builder.h"

#include <algorithm>

namespace tenfold {

template <typename S>
void PlanBuilder::append(S step, std::initializer_list<ValueId> reads, std::initializer_list<ValueId> writes) {
  step.layer = layer_;
  step.reads = reads;
  step.writes = writes;
  plan_.steps.push_back(std::make_unique<S>(std::move(step)));
}

void PlanBuilder::step(std::unique_ptr<Step> step, std::initializer_list<ValueId> reads,
                       std::initializer_list<ValueId> writes) {
  step->layer = layer_;
  step->reads = reads;
  step->writes = writes;
  plan_.steps.push_back(std::move(step));
}

ValueId PlanBuilder::value(const Value& wanted) {
  const auto found = std::find(plan_.values.begin(), plan_.values.end(), wanted);
  if (found != plan_.values.end()) return static_cast<ValueId>(found - plan_.values.begin());
  plan_.values.push_back(wanted);
  return static_cast<ValueId>(plan_.values.size() - 1);
}

Value PlanBuilder::like(ValueId other, std::string name, ValueKind kind) const {
  Value value = plan_.values[static_cast<std::size_t>(other)];
  value.name = std::move(name);
  value.kind = kind;
  return value;
}

ValueId PlanBuilder::kv_value() {
  if (kv_ < 0) kv_ = value({"kv", ValueKind::kKv});
  return kv_;
}

ValueId PlanBuilder::embed(const PackedMatrix& table, float factor) {
  EmbedStep step;
  step.table = &table;
  step.factor = factor;
  step.out = value({"x", ValueKind::kF32, table.k});
  append(std::move(step), {}, {step.out});
  return step.out;
}

ValueId PlanBuilder::rope_angles(RopeFrequencies frequencies, const char* name) {
  RopeTableStep step;
  const ValueId out = value({name, ValueKind::kF32, static_cast<int>(2 * frequencies.per_pair.size())});
  step.frequencies = std::move(frequencies);
  step.out = out;
  append(std::move(step), {}, {out});
  return out;
}

ValueId PlanBuilder::norm(ValueId x, const float* weight, const char* name) {
  NormStep step;
  step.weight = weight;
  step.eps = spec_.norm_eps;
  step.in = x;
  step.out = value(like(x, name));
  append(step, {x}, {step.out});
  return step.out;
}

ValueId PlanBuilder::matrix_input(ValueId x, std::initializer_list<const PackedMatrix*> matrices) {
  const auto quantized = [](const PackedMatrix* m) { return is_quantized(m->dtype); };
  if (precision_ == Precision::kExact || !std::all_of(matrices.begin(), matrices.end(), quantized)) return x;
  QuantizeStep step;
  step.in = x;
  step.out = value(like(x, plan_.values[static_cast<std::size_t>(x)].name + "_q8", ValueKind::kQ8));
  append(step, {x}, {step.out});
  return step.out;
}

ValueId PlanBuilder::project(ValueId x, const PackedMatrix& matrix, const float* bias, const char* name) {
  MatMulStep step;
  step.matrix = &matrix;
  step.in = x;
  Value out = like(x, name);
  out.width = matrix.n;
  step.out = value(out);
  append(step, {x}, {step.out});
  if (bias != nullptr) {
    BiasStep add_bias;
    add_bias.bias = bias;
    add_bias.x = step.out;
    append(add_bias, {step.out}, {step.out});
  }
  return step.out;
}

void PlanBuilder::layer_norm(ValueId x, const LayerNormWeights& weights, float eps) {
  LayerNormStep step;
  step.weights = weights;
  step.eps = eps;
  step.in = step.out = x;
  append(step, {x}, {x});
}

void PlanBuilder::gelu(ValueId x) {
  GeluStep step;
  step.x = x;
  append(step, {x}, {x});
}

void PlanBuilder::add_positions(ValueId x, const PackedMatrix& table) {
  TableRowStep step;
  step.table = &table;
  step.x = x;
  append(step, {x}, {x});
  plan_.max_positions = table.n;
}

void PlanBuilder::add_first_row(ValueId x, const PackedMatrix& table) {
  TableRowStep step;
  step.table = &table;
  step.row = TableRowStep::Row::kFirst;
  step.x = x;
  append(step, {x}, {x});
}

void PlanBuilder::head_norm(ValueId x, const float* weight) {
  HeadNormStep step;
  step.weight = weight;
  step.eps = spec_.norm_eps;
  step.head_dim = spec_.head_dim;
  step.x = x;
  append(step, {x}, {x});
}

void PlanBuilder::rope(ValueId x, ValueId angles) {
  RopeStep step;
  step.layout = spec_.rope;
  step.head_dim = spec_.head_dim;
  step.angles = angles;
  step.x = x;
  append(step, {angles, x}, {x});
}

void PlanBuilder::scale(ValueId x, float factor) {
  ScaleStep step;
  step.factor = factor;
  step.x = x;
  append(step, {x}, {x});
}

void PlanBuilder::kv_write(ValueId k, ValueId v) {
  KvWriteStep step;
  step.head_dim = spec_.head_dim;
  step.k = k;
  step.v = v;
  append(step, {k, v}, {kv_value()});
}

ValueId PlanBuilder::attention(ValueId q, int window) {
  AttentionStep step;
  step.shape = {spec_.n_heads, window, spec_.attention_softcap, spec_.attention_mask};
  plan_.causal = spec_.causal();
  step.group = spec_.n_heads / spec_.n_kv_heads;
  step.head_dim = spec_.head_dim;
  step.q = q;
  step.out = value(like(q, "attended"));
  append(step, {q, kv_value()}, {step.out});
  return step.out;
}

ValueId PlanBuilder::gate_mul(ValueId gate, ValueId up) {
  GateMulStep step;
  step.activation = spec_.activation;
  step.gate = gate;
  step.up = up;
  step.out = value(like(gate, "hidden"));
  append(step, {gate, up}, {step.out});
  return step.out;
}

void PlanBuilder::add(ValueId x, ValueId y) {
  AddStep step;
  step.x = x;
  step.y = y;
  append(step, {x, y}, {y});
}

ValueId PlanBuilder::route(ValueId logits, const ExpertRouting& routing) {
  RouteStep step;
  step.routing = routing;
  step.logits = logits;
  step.schedule = value({"schedule", ValueKind::kF32, ExpertSchedule::width(routing.n_experts, routing.n_used)});
  append(step, {logits}, {logits, step.schedule});
  return step.schedule;
}

template <typename S>
void PlanBuilder::fill_schedule(S& step, ValueId schedule) const {
  step.n_experts = spec_.experts.routing.n_experts;
  step.n_used = spec_.experts.routing.n_used;
  step.schedule = schedule;
}

ValueId PlanBuilder::to_slots(ValueId x, ValueId schedule) {
  ToSlotsStep step;
  fill_schedule(step, schedule);
  step.in = x;
  const Value& in = plan_.values[static_cast<std::size_t>(x)];
  Value out = like(x, in.name + "_slots", in.kind);
  out.rows_a_token = step.n_used;
  step.out = value(out);
  append(step, {x, schedule}, {step.out});
  return step.out;
}

ValueId PlanBuilder::expert_project(ValueId x, ValueId schedule, const PackedExperts& experts, const char* name) {
  ExpertMatMulStep step;
  fill_schedule(step, schedule);
  step.experts = &experts;
  step.in = x;
  Value out = like(x, name);
  out.width = experts.first.n;
  step.out = value(out);
  append(step, {x, schedule}, {step.out});
  return step.out;
}

void PlanBuilder::from_slots(ValueId x, ValueId schedule, ValueId y) {
  FromSlotsStep step;
  fill_schedule(step, schedule);
  step.in = x;
  step.y = y;
  append(step, {x, schedule, y}, {x, y});
}

ValueId PlanBuilder::gather_outputs(ValueId x) {
  GatherStep step;
  step.in = x;
  Value out = like(x, "x_out");
  out.per_output = true;
  step.out = value(out);
  append(step, {x}, {step.out});
  return step.out;
}

void PlanBuilder::hidden(ValueId x, const float* norm_weight) {
  plan_.n_body = plan_.steps.size();
  Value rows = like(x, "final", ValueKind::kHidden);
  rows.per_output = true;
  const ValueId out = value(rows);
  if (norm_weight != nullptr) {
    NormStep step;
    step.weight = norm_weight;
    step.eps = spec_.norm_eps;
    step.in = x;
    step.out = out;
    append(step, {x}, {out});
  } else {
    GatherStep step;
    step.in = x;
    step.out = out;
    append(step, {x}, {out});
  }
  plan_.hidden.push_back(std::move(plan_.steps.back()));
  plan_.steps.pop_back();
}

void PlanBuilder::logits(ValueId x, const PackedMatrix& matrix, float softcap) {
  MatMulStep step;
  step.matrix = &matrix;
  step.in = x;
  step.out = value({"logits", ValueKind::kLogits, matrix.n, /*per_output=*/true});
  append(step, {x}, {step.out});
  if (softcap > 0) {
    SoftcapStep cap;
    cap.cap = softcap;
    cap.x = step.out;
    append(cap, {step.out}, {step.out});
  }
}

}  // namespace tenfold
