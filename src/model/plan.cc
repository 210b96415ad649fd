#include "model/plan.h"

#include <algorithm>

#include "base/cat.h"
#include "ops/region_input.h"

namespace tenfold {

namespace {

std::string names(const Plan& plan, const std::vector<ValueId>& ids) {
  std::string text;
  for (const ValueId id : ids) {
    if (!text.empty()) text += ", ";
    text += plan.values[static_cast<std::size_t>(id)].name;
  }
  return text;
}

void describe_step(const Plan& plan, const Step& step, const std::string& label, std::string& out) {
  std::string line = label;
  line.resize(std::max<std::size_t>(line.size(), 6), ' ');
  line += step.layer < 0 ? "  -  " : cat("  ", step.layer, step.layer < 10 ? "  " : " ");
  line += step.describe();
  line.resize(std::max<std::size_t>(line.size(), 64), ' ');
  out += cat(line, "  ", names(plan, step.reads), " -> ", names(plan, step.writes), "\n");
}

}  // namespace

std::size_t value_row_bytes(const Value& value) {
  switch (value.kind) {
    case ValueKind::kF32: return RegionInput::row_bytes(value.width, false);
    case ValueKind::kQ8: return RegionInput::row_bytes(value.width, true);
    case ValueKind::kKv:
    case ValueKind::kLogits:
    case ValueKind::kHidden: return 0;
  }
  return 0;
}

int StepRun::n_rows(ValueId id) const {
  const Value& value = table[static_cast<std::size_t>(id)];
  return static_cast<int>(value.per_output ? outputs.size() : tokens.size()) * value.rows_a_token;
}

Rows StepRun::rows(ValueId id) const {
  const Value& value = table[static_cast<std::size_t>(id)];
  const std::int64_t stride = value.kind == ValueKind::kLogits || value.kind == ValueKind::kHidden
                                  ? value.width
                                  : static_cast<std::int64_t>(value_row_bytes(value) / sizeof(float));
  return {reinterpret_cast<float*>(bytes(id)), stride, n_rows(id), value.width};
}

Activations StepRun::activations(ValueId id) const {
  const Value& value = table[static_cast<std::size_t>(id)];
  if (value.kind != ValueKind::kQ8) return as_activations(rows(id));
  return {bytes(id), value_row_bytes(value), n_rows(id), value.width, true};
}

KvLayerView StepRun::kv_layer(int layer) const {
  KvLayerView view = kv;
  view.layer_offset = static_cast<std::size_t>(layer) * kv_layer_stride;
  return view;
}

std::string Plan::describe() const {
  std::string out;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    describe_step(*this, *steps[i], cat(i), out);
    for (const auto& plain : steps[i]->replaced()) describe_step(*this, *plain, "   .", out);
  }
  for (const auto& step : hidden) describe_step(*this, *step, has_logits() ? cat(n_body, " or") : cat(n_body), out);
  return out;
}

std::vector<ValueLife> value_lives(const Plan& plan, int n_tokens, int n_outputs) {
  std::vector<ValueLife> lives(plan.values.size());
  std::vector<bool> seen(plan.values.size(), false);
  const auto touch = [&](ValueId id, int step) {
    const auto i = static_cast<std::size_t>(id);
    if (!seen[i]) {
      const Value& value = plan.values[i];
      const auto n_rows = static_cast<std::size_t>(value.per_output ? n_outputs : n_tokens) *
                          static_cast<std::size_t>(value.rows_a_token);
      lives[i] = {value_row_bytes(value) * n_rows, step, step};
      seen[i] = true;
    }
    lives[i].last_step = std::max(lives[i].last_step, step);
  };
  const auto touch_all = [&](const StepList& steps, std::size_t first) {
    for (std::size_t s = 0; s < steps.size(); ++s) {
      for (const ValueId id : steps[s]->reads) touch(id, static_cast<int>(first + s));
      for (const ValueId id : steps[s]->writes) touch(id, static_cast<int>(first + s));
    }
  };
  touch_all(plan.steps, 0);
  touch_all(plan.hidden, plan.n_body);
  return lives;
}

}  // namespace tenfold
