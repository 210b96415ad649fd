#include "cpu/lowering.h"

#include "base/contracts.h"
#include "cpu/plain_stages.h"
#include "ops/experts.h"

namespace tenfold {

namespace {

class Lowering {
 public:
  Lowering(const Plan& plan, const PackedWeights& weights, const LoweringOptions& options)
      : plan_(plan),
        weights_(weights),
        options_(options),
        rounded_(rounded_inputs(plan.operators, weights, options.precision)),
        program_(empty_program(plan)),
        twins_(program_.values) {
    if (options.observed) copy_rows_as_they_are();
  }

  Program run() {
    const FusionInput input{plan_, rounded_, weights_, twins_};
    for (std::size_t at = 0; at < plan_.operators.size();) {
      if (at == plan_.n_body) program_.n_body = program_.stages.size();
      const FusionOptions& fusion = options_.observed ? kPlain : options_.fusion;
      if (Fused fused = fuse(input, at, fusion); fused.stage != nullptr) {
        TENFOLD_DCHECK(at >= plan_.n_body || at + fused.n_ops <= plan_.n_body);  // none is on both sides
        emit(std::move(fused.stage), at, fused.n_ops);
        if (fused.rounded != kNoValue) twins_.fill_alone(fused.rounded);
        at += fused.n_ops;
      } else {
        emit_plain(at++);
      }
    }
    if (!plan_.has_logits()) program_.n_body = program_.stages.size();
    for (const PlanOperator& planned : plan_.hidden_head) {
      program_.hidden_head.push_back(plain_stage(planned, planned.op));
    }
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
      if (std::holds_alternative<ToSlots>(plan_.operators[i].op)) rounded_[i] = false;
    }
  }

  // op: that of the plan, with other values perhaps
  [[nodiscard]] std::unique_ptr<Stage> plain_stage(const PlanOperator& of, const Operator& op) const {
    std::unique_ptr<Stage> stage = make_plain_stage(op, weights_, options_.n_ctx);
    stage->layer = of.layer;
    stage->plain = {&of, 1};
    stage->values = operands(op);
    if (options_.observed) {  // what the plan's operator reads must still be there
      const std::vector<ValueId> reads = operands(of.op).reads;
      stage->values.reads.insert(stage->values.reads.end(), reads.begin(), reads.end());
    }
    return stage;
  }

  void append(std::unique_ptr<Stage> stage) {
    for (const ValueId id : stage->values.writes) twins_.overwrite(id);
    program_.stages.push_back(std::move(stage));
  }

  void emit(std::unique_ptr<FusedStage> stage, std::size_t at, std::size_t n_ops) {
    stage->layer = plan_.operators[at].layer;
    stage->plain = std::span(plan_.operators).subspan(at, n_ops);
    append(std::move(stage));
  }

  // The twin of x, which a stage of its own fills if it does not hold x's rows yet.
  ValueId filled_twin(ValueId x, int layer) {
    const ValueId twin = twins_.of(x);
    if (twins_.is_filled(x)) return twin;
    auto stage = std::make_unique<QuantizeStage>();
    stage->layer = layer;
    stage->in = x;
    stage->out = twin;
    stage->values = {{x}, {twin}};
    append(std::move(stage));
    twins_.fill(x);
    return twin;
  }

  // With the values that it reads in 8 bit in the place of the plan's.
  void emit_plain(std::size_t at) {
    const PlanOperator& planned = plan_.operators[at];
    Operator op = planned.op;
    ValueId filled = kNoValue;
    if (rounded_[at]) {
      if (auto* project = std::get_if<Project>(&op)) project->in = filled_twin(project->in, planned.layer);
      if (auto* project = std::get_if<ExpertProject>(&op)) project->in = filled_twin(project->in, planned.layer);
      if (auto* to_slots = std::get_if<ToSlots>(&op)) {
        filled = to_slots->out;
        to_slots->in = filled_twin(to_slots->in, planned.layer);
        to_slots->out = twins_.of(to_slots->out);
      }
    }
    append(plain_stage(planned, op));
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
