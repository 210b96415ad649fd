#include "cpu/program.h"

#include "base/cat.h"
#include "ops/experts.h"
#include "ops/region_input.h"

namespace tenfold {

std::size_t value_row_bytes(const ProgramValue& value) {
  switch (value.kind) {
    case ValueKind::kRows:
    case ValueKind::kSchedule: return RegionInput::row_bytes(value.width, value.q8);
    case ValueKind::kKv:
    case ValueKind::kState:
    case ValueKind::kLogits:
    case ValueKind::kHidden: return 0;
  }
  return 0;
}

int ProgramRun::n_rows(ValueId id) const {
  const Value& value = table[static_cast<std::size_t>(id)];
  return static_cast<int>(value.per_output ? outputs.size() : tokens.size()) * value.rows_a_token;
}

Rows ProgramRun::rows(ValueId id) const {
  const ProgramValue& value = table[static_cast<std::size_t>(id)];
  TENFOLD_DCHECK(!value.q8 && value.kind != ValueKind::kKv && value.kind != ValueKind::kState);
  const std::int64_t stride = value.kind == ValueKind::kLogits || value.kind == ValueKind::kHidden
                                  ? value.width
                                  : static_cast<std::int64_t>(value_row_bytes(value) / sizeof(float));
  return {reinterpret_cast<float*>(bytes(id)), stride, n_rows(id), value.width};
}

Activations ProgramRun::activations(ValueId id) const {
  const ProgramValue& value = table[static_cast<std::size_t>(id)];
  if (!value.q8) return as_activations(rows(id));
  return {bytes(id), value_row_bytes(value), n_rows(id), value.width, true};
}

KvLayerView ProgramRun::kv_layer(const KvPlace& place) const {
  TENFOLD_DCHECK(place.kv_class >= 0 && static_cast<std::size_t>(place.kv_class) < kv.size());
  const KvClassView& of_class = kv[static_cast<std::size_t>(place.kv_class)];
  KvLayerView view = of_class.first_slot;
  view.layer_offset = static_cast<std::size_t>(place.slot) * of_class.slot_stride;
  return view;
}

StateLayerView ProgramRun::state_layer(int slot) const {
  StateLayerView view = state;
  view.layer_offset =
      static_cast<std::size_t>(slot) * static_cast<std::size_t>(state.n_rows) * static_cast<std::size_t>(state.width);
  return view;
}

std::string Program::describe(const WeightTable& weights) const {
  std::string out;
  const auto append = [&](const std::string& label, const Stage& stage) {
    out += describe_line(values, label, stage.layer, stage.describe(), stage.values);
    if (stage.plain.size() < 2) return;
    for (const PlanOperator& plain : stage.plain) {
      out += describe_line(values, "   .", plain.layer, tenfold::describe(plain.op, weights), operands(plain.op));
    }
  };
  for (std::size_t i = 0; i < stages.size(); ++i) append(cat(i), *stages[i]);
  for (const auto& stage : hidden_head) append(has_logits() ? cat(n_body, " or") : cat(n_body), *stage);
  return out;
}

std::vector<ValueLife> value_lives(const Program& program, int n_tokens, int n_outputs) {
  ValueSpans spans(program.values.size());
  for (std::size_t i = 0; i < program.stages.size(); ++i) spans.touch(program.stages[i]->values, static_cast<int>(i));
  for (std::size_t i = 0; i < program.hidden_head.size(); ++i) {
    spans.touch(program.hidden_head[i]->values, static_cast<int>(program.n_body + i));
  }
  std::vector<ValueLife> lives;
  for (std::size_t i = 0; i < program.values.size(); ++i) {
    const ProgramValue& value = program.values[i];
    const ValueSpan span = spans.spans()[i];
    const auto n_rows = static_cast<std::size_t>(value.per_output ? n_outputs : n_tokens) *
                        static_cast<std::size_t>(value.rows_a_token);
    lives.push_back(span.first_use < 0 ? ValueLife{}
                                       : ValueLife{value_row_bytes(value) * n_rows, span.first_use, span.last_use});
  }
  return lives;
}

}  // namespace tenfold
