#include "model/steps.h"

#include <algorithm>

#include "base/cat.h"
#include "ops/kv_write.h"
#include "ops/projection.h"

namespace tenfold {

std::string describe_matrix(const PackedMatrix& m) {
  return cat(dtype_traits(m.dtype).name, " [", m.n, ", ", m.k, "]");
}

void EmbedStep::run(StepRun& run) const noexcept {
  embed(*run.ops, *table, run.tokens, run.input_rows, factor, run.rows(out));
}
std::string EmbedStep::describe() const { return cat("embed ", describe_matrix(*table)); }

void RopeTableStep::run(StepRun& run) const noexcept {
  rope_table(*run.ops, frequencies, run.positions, run.rows(out));
}
std::string RopeTableStep::describe() const { return cat("rope_table ", frequencies.per_pair.size(), " pairs"); }

void NormStep::run(StepRun& run) const noexcept { rms_norm(*run.ops, run.rows(in), weight, eps, run.rows(out)); }
std::string NormStep::describe() const { return "rms_norm"; }

void LayerNormStep::run(StepRun& run) const noexcept {
  layer_norm(*run.ops, run.rows(in), weights, eps, run.rows(out));
}
std::string LayerNormStep::describe() const { return "layer_norm"; }

void GeluStep::run(StepRun& run) const noexcept { gelu_erf(*run.ops, run.rows(x)); }
std::string GeluStep::describe() const { return "gelu"; }

void TableRowStep::run(StepRun& run) const noexcept {
  if (row == Row::kFirst) {
    add_first_row(*run.ops, *table, run.rows(x));
  } else {
    add_table_rows(*run.ops, *table, run.positions, run.rows(x));
  }
}
std::string TableRowStep::describe() const {
  return cat(row == Row::kFirst ? "add_first_row " : "add_positions ", describe_matrix(*table));
}

void HeadNormStep::run(StepRun& run) const noexcept { head_rms_norm(*run.ops, run.rows(x), head_dim, weight, eps); }
std::string HeadNormStep::describe() const { return "head_rms_norm"; }

void QuantizeStep::run(StepRun& run) const noexcept { quantize(*run.ops, run.rows(in), run.bytes(out)); }
std::string QuantizeStep::describe() const { return "quantize"; }

void MatMulStep::run(StepRun& run) const noexcept {
  project(*run.ops, RegionInput(*run.ops, run.activations(in)), *matrix, nullptr, run.rows(out));
}
std::string MatMulStep::describe() const { return cat("mat_mul ", describe_matrix(*matrix)); }
std::size_t MatMulStep::bytes_read(const StepRun&) const { return matrix->n_bytes(); }

void BiasStep::run(StepRun& run) const noexcept { add_bias(*run.ops, bias, run.rows(x)); }
std::string BiasStep::describe() const { return "add_bias"; }

void RopeStep::run(StepRun& run) const noexcept { rope(*run.ops, layout, run.rows(angles), head_dim, run.rows(x)); }
std::string RopeStep::describe() const { return layout == RopeLayout::kNeox ? "rope neox" : "rope interleaved"; }

void ScaleStep::run(StepRun& run) const noexcept { scale(*run.ops, factor, run.rows(x)); }
std::string ScaleStep::describe() const { return cat("scale ", factor); }

void KvWriteStep::run(StepRun& run) const noexcept {
  kv_write(*run.ops, run.kv_layer(layer), run.rows(k), run.rows(v));
}
std::string KvWriteStep::describe() const { return "kv_write"; }

void AttentionStep::run(StepRun& run) const noexcept {
  attention(*run.ops, run.kv_layer(layer), shape, run.rows(q), run.rows(out));
}
std::string AttentionStep::describe() const {
  return cat("attention ", shape.n_heads, " heads of ", head_dim,
             shape.window > 0 ? cat(", window ", shape.window) : "");
}
std::size_t AttentionStep::bytes_read(const StepRun& run) const {
  std::size_t n_positions = 0;
  for (const KvSequenceView& sequence : run.sequences) {
    const int first = shape.window > 0 ? std::max(0, sequence.position + 1 - shape.window) : 0;
    n_positions += static_cast<std::size_t>(sequence.position + sequence.n_tokens - first);
  }
  const std::size_t block_bytes = run.kv.head_stride * static_cast<std::size_t>(run.kv.n_kv_heads);
  return n_positions * block_bytes / kernels::kKvBlock;
}
std::size_t AttentionStep::scratch_bytes(const kernels::KernelTable&) const {
  return attention_scratch_bytes(shape.n_heads, group, head_dim);
}

void GateMulStep::run(StepRun& run) const noexcept {
  gate_mul(*run.ops, activation, run.rows(gate), run.rows(up), run.rows(out));
}
std::string GateMulStep::describe() const { return activation == GateActivation::kSilu ? "silu_mul" : "gelu_mul"; }

void AddStep::run(StepRun& run) const noexcept { add(*run.ops, run.rows(x), run.rows(y)); }
std::string AddStep::describe() const { return "add"; }

void GatherStep::run(StepRun& run) const noexcept { gather(*run.ops, run.rows(in), run.outputs, run.rows(out)); }
std::string GatherStep::describe() const { return "gather outputs"; }

void RouteStep::run(StepRun& run) const noexcept {
  route(*run.ops, routing, run.rows(logits),
        {run.bytes(schedule), run.n_rows(schedule), routing.n_experts, routing.n_used});
}
std::string RouteStep::describe() const {
  return cat("route ", routing.gating == ExpertGating::kSoftmax ? "softmax " : "sigmoid ", routing.n_used, " of ",
             routing.n_experts, " experts");
}

void ToSlotsStep::run(StepRun& run) const noexcept {
  to_slots(*run.ops, schedule_of(run), run.activations(in), run.bytes(out));
}
std::string ToSlotsStep::describe() const { return "to_slots"; }

void ExpertMatMulStep::run(StepRun& run) const noexcept {
  expert_project(*run.ops, schedule_of(run), run.activations(in), *experts, run.rows(out));
}
std::string ExpertMatMulStep::describe() const {
  return cat("mat_mul ", experts->n_experts, " experts ", describe_matrix(experts->first));
}
std::size_t ExpertMatMulStep::bytes_read(const StepRun& run) const {
  return schedule_of(run).active().size() * experts->first.n_bytes();
}

void FromSlotsStep::run(StepRun& run) const noexcept {
  from_slots(*run.ops, schedule_of(run), run.rows(in), run.rows(y));
}
std::string FromSlotsStep::describe() const { return "from_slots"; }

void SoftcapStep::run(StepRun& run) const noexcept { softcap(*run.ops, cap, run.rows(x)); }
std::string SoftcapStep::describe() const { return cat("softcap ", cap); }

}  // namespace tenfold
