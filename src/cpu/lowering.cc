#include "cpu/lowering.h"

#include "base/contracts.h"
#include "cpu/plain_steps.h"
#include "ops/experts.h"

namespace tenfold {

namespace {

class Lowering {
 public:
  Lowering(const Plan& plan, const PackedWeights& weights, const LoweringOptions& options)
      : plan_(plan),
        weights_(weights),
        options_(options),
        rounded_(rounded_inputs(plan.steps, weights, options.precision)),
        program_(empty_program(plan)),
        twins_(program_.values) {
    if (options.observed) copy_rows_as_they_are();
  }

  Program run() {
    const FusionInput input{plan_, rounded_, weights_, twins_};
    for (std::size_t at = 0; at < plan_.steps.size();) {
      if (at == plan_.n_body) program_.n_body = program_.steps.size();
      const FusionOptions& fusion = options_.observed ? kPlain : options_.fusion;
      if (Fused fused = fuse(input, at, fusion); fused.step != nullptr) {
        TENFOLD_DCHECK(at >= plan_.n_body || at + fused.n_ops <= plan_.n_body);  // none is on both sides
        emit(std::move(fused.step), at, fused.n_ops);
        if (fused.rounded != kNoValue) twins_.fill_alone(fused.rounded);
        at += fused.n_ops;
      } else {
        emit_plain(at++);
      }
    }
    if (!plan_.has_logits()) program_.n_body = program_.steps.size();
    for (const PlanStep& step : plan_.hidden) program_.hidden.push_back(plain_step(step, step.op));
    return std::move(program_);
  }

 private:
  static constexpr FusionOptions kPlain = {false, false, false};

  static Program empty_program(const Plan& plan) {
    Program program;
    for (const Value& value : plan.values) {
      ProgramValue& rows = program.values.emplace_back(ProgramValue{value});
      if (value.kind == ValueKind::kSchedule) rows.width = ExpertSchedule::width(value.n_experts, value.width);
    }
    program.n_kv_classes = plan.kv_classes.size();
    program.causal = plan.causal;
    program.max_positions = plan.max_positions;
    program.result = plan.result;
    return program;
  }

  // Rows are rounded behind their slots rather than before.
  void copy_rows_as_they_are() {
    for (std::size_t i = 0; i < rounded_.size(); ++i) {
      if (std::holds_alternative<ToSlots>(plan_.steps[i].op)) rounded_[i] = false;
    }
  }

  // op: that of the plan's step, with other values perhaps
  [[nodiscard]] std::unique_ptr<Step> plain_step(const PlanStep& of, const Operator& op) const {
    std::unique_ptr<Step> step = make_plain_step(op, weights_, options_.n_ctx);
    step->layer = of.layer;
    step->plain = {&of, 1};
    step->values = operands(op);
    if (options_.observed) {  // what the plan's operator reads must still be there
      const std::vector<ValueId> reads = operands(of.op).reads;
      step->values.reads.insert(step->values.reads.end(), reads.begin(), reads.end());
    }
    return step;
  }

  void append(std::unique_ptr<Step> step) {
    for (const ValueId id : step->values.writes) twins_.overwrite(id);
    program_.steps.push_back(std::move(step));
  }

  void emit(std::unique_ptr<FusedStep> step, std::size_t at, std::size_t n_ops) {
    step->layer = plan_.steps[at].layer;
    step->plain = std::span(plan_.steps).subspan(at, n_ops);
    append(std::move(step));
  }

  // The twin of x, which a step of its own fills if it does not hold x's rows yet.
  ValueId filled_twin(ValueId x, int layer) {
    const ValueId twin = twins_.of(x);
    if (twins_.is_filled(x)) return twin;
    auto step = std::make_unique<QuantizeStep>();
    step->layer = layer;
    step->in = x;
    step->out = twin;
    step->values = {{x}, {twin}};
    append(std::move(step));
    twins_.fill(x);
    return twin;
  }

  // With the values that it reads in 8 bit in the place of the plan's.
  void emit_plain(std::size_t at) {
    const PlanStep& step = plan_.steps[at];
    Operator op = step.op;
    ValueId filled = kNoValue;
    if (rounded_[at]) {
      if (auto* project = std::get_if<Project>(&op)) project->in = filled_twin(project->in, step.layer);
      if (auto* project = std::get_if<ExpertProject>(&op)) project->in = filled_twin(project->in, step.layer);
      if (auto* to_slots = std::get_if<ToSlots>(&op)) {
        filled = to_slots->out;
        to_slots->in = filled_twin(to_slots->in, step.layer);
        to_slots->out = twins_.of(to_slots->out);
      }
    }
    append(plain_step(step, op));
    if (filled != kNoValue) twins_.fill_alone(filled);
  }

  const Plan& plan_;
  const PackedWeights& weights_;
  const LoweringOptions& options_;
  std::vector<bool> rounded_;
  Program program_;
  EightBitTwins twins_;
};

}  // namespace

Program lower(const Plan& plan, const PackedWeights& weights, const LoweringOptions& options) {
  return Lowering(plan, weights, options).run();
}

}  // namespace tenfold
