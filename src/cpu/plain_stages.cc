#include "cpu/plain_stages.h"

#include <algorithm>

#include "base/cat.h"
#include "ops/attention.h"
#include "ops/experts.h"
#include "ops/kv_write.h"
#include "ops/projection.h"
#include "ops/rope.h"
#include "ops/row_ops.h"
#include "ops/short_conv.h"

namespace tenfold {

namespace {

// Each operator as a call of src/ops.

void run_op(const Embed& op, const PackedWeights& w, ProgramRun& run) {
  embed(*run.ops, w.matrix(op.table), run.tokens, run.input_rows, op.factor, run.rows(op.out));
}
void run_op(const RmsNorm& op, const PackedWeights& w, ProgramRun& run) {
  rms_norm(*run.ops, run.rows(op.in), w.floats(op.weight), op.eps, run.rows(op.out));
}
void run_op(const LayerNorm& op, const PackedWeights& w, ProgramRun& run) {
  layer_norm(*run.ops, run.rows(op.x), w.floats(op.weight), w.floats(op.bias), op.eps, run.rows(op.x));
}
void run_op(const HeadNorm& op, const PackedWeights& w, ProgramRun& run) {
  head_rms_norm(*run.ops, run.rows(op.x), op.head_dim, w.floats(op.weight), op.eps);
}
void run_op(const Gelu& op, const PackedWeights&, ProgramRun& run) { gelu_erf(*run.ops, run.rows(op.x)); }
void run_op(const AddTableRow& op, const PackedWeights& w, ProgramRun& run) {
  if (op.row == AddTableRow::Row::kFirst) {
    add_first_row(*run.ops, w.matrix(op.table), run.rows(op.x));
  } else {
    add_table_rows(*run.ops, w.matrix(op.table), run.positions, run.rows(op.x));
  }
}
void run_op(const Project& op, const PackedWeights& w, ProgramRun& run) {
  project(*run.ops, RegionInput(*run.ops, run.activations(op.in)), w.matrix(op.matrix), w.floats(op.bias),
          run.rows(op.out));
}
void run_op(const Rope& op, const PackedWeights&, ProgramRun& run) {
  rope(*run.ops, op.layout, run.rows(op.angles), op.head_dim, run.rows(op.x));
}
void run_op(const Scale& op, const PackedWeights&, ProgramRun& run) { scale(*run.ops, op.factor, run.rows(op.x)); }
void run_op(const KvWrite& op, const PackedWeights&, ProgramRun& run) {
  kv_write(*run.ops, run.kv_layer(op.place), run.rows(op.k), run.rows(op.v));
}
void run_op(const Attention& op, const PackedWeights&, ProgramRun& run) {
  attention(*run.ops, run.kv_layer(op.place), {op.n_heads, op.window, op.softcap, op.mask}, run.rows(op.q),
            run.rows(op.out));
}
void run_op(const GateMul& op, const PackedWeights&, ProgramRun& run) {
  gate_mul(*run.ops, op.activation, run.rows(op.gate), run.rows(op.up), run.rows(op.out));
}
void run_op(const Add& op, const PackedWeights&, ProgramRun& run) { add(*run.ops, run.rows(op.x), run.rows(op.y)); }
void run_op(const GatherOutputs& op, const PackedWeights&, ProgramRun& run) {
  gather(*run.ops, run.rows(op.in), run.outputs, run.rows(op.out));
}

ExpertSchedule schedule_of(const ProgramRun& run, ValueId schedule, const ExpertCounts& counts) {
  return {run.bytes(schedule), run.n_rows(schedule), counts.n_experts, counts.n_used};
}
void run_op(const Route& op, const PackedWeights& w, ProgramRun& run) {
  route(*run.ops, op.routing, w.floats(op.choice_bias), run.rows(op.logits),
        schedule_of(run, op.schedule, {op.routing.n_experts, op.routing.n_used}));
}
void run_op(const ToSlots& op, const PackedWeights&, ProgramRun& run) {
  to_slots(*run.ops, schedule_of(run, op.schedule, op.counts), run.activations(op.in), run.bytes(op.out));
}
void run_op(const ExpertProject& op, const PackedWeights& w, ProgramRun& run) {
  expert_project(*run.ops, schedule_of(run, op.schedule, op.counts), run.activations(op.in), w.experts(op.experts),
                 run.rows(op.out));
}
void run_op(const FromSlots& op, const PackedWeights&, ProgramRun& run) {
  from_slots(*run.ops, schedule_of(run, op.schedule, op.counts), run.rows(op.in), run.rows(op.y));
}
void run_op(const Softcap& op, const PackedWeights&, ProgramRun& run) { softcap(*run.ops, op.cap, run.rows(op.x)); }
void run_op(const AddPositionGrid& op, const PackedWeights& w, ProgramRun& run) {
  add_position_grid(*run.ops,
                    {w.floats(op.table), op.side, run.image.height / op.patch_side, run.image.width / op.patch_side},
                    run.positions, run.rows(op.x));
}
void run_op(const MergeSquares& op, const PackedWeights&, ProgramRun& run) {
  merge_squares(*run.ops, run.rows(op.in), run.outputs, op.n_merged, run.rows(op.out));
}

// What it reads beside rows.

template <typename Op>
std::size_t bytes_read(const Op&, const PackedWeights&, const ProgramRun&) {
  return 0;
}
std::size_t bytes_read(const Project& op, const PackedWeights& w, const ProgramRun&) {
  return w.matrix(op.matrix).n_bytes();
}
std::size_t bytes_read(const ExpertProject& op, const PackedWeights& w, const ProgramRun& run) {
  return schedule_of(run, op.schedule, op.counts).active().size() * w.matrix(op.experts).n_bytes();
}
std::size_t bytes_read(const Attention& op, const PackedWeights&, const ProgramRun& run) {
  const KvLayerView kv = run.kv_layer(op.place);
  std::size_t n_positions = 0;
  for (const KvSequenceView& sequence : kv.sequences) {
    const int first = op.window > 0 ? std::max(0, sequence.position + 1 - op.window) : 0;
    n_positions += static_cast<std::size_t>(sequence.position + sequence.n_tokens - first);
  }
  return n_positions * kv.head_stride * static_cast<std::size_t>(kv.n_kv_heads) / kernels::kKvBlock;
}

// And the memory that each worker needs.

template <typename Op>
std::size_t scratch_bytes(const Op&, const PackedWeights&) {
  return 0;
}
std::size_t scratch_bytes(const AddTableRow& op, const PackedWeights& w) { return table_row_bytes(w.matrix(op.table)); }
std::size_t scratch_bytes(const Attention& op, const PackedWeights&) {
  return attention_scratch_bytes(op.n_heads, op.n_heads / op.n_kv_heads, op.head_dim);
}

std::string describe_weight(const Operator& op, const PackedWeights& w) {
  const WeightId id = main_weight(op);
  if (!has(id) || w.table()[id].role == WeightRole::kVector || w.table()[id].role == WeightRole::kTable) return "";
  return cat(" ", describe_matrix(w.matrix(id)));
}

template <typename Op>
class PlainStage final : public Stage {
 public:
  PlainStage(const Op& op, const PackedWeights& weights) : op_(op), weights_(weights) {}

  void run(ProgramRun& run) const noexcept override { run_op(op_, weights_, run); }
  [[nodiscard]] std::string describe() const override {
    return tenfold::describe(op_) + describe_weight(op_, weights_);
  }
  [[nodiscard]] std::size_t scratch_bytes(const kernels::KernelTable&) const override {
    return tenfold::scratch_bytes(op_, weights_);
  }
  [[nodiscard]] std::size_t bytes_read(const ProgramRun& run) const override {
    return tenfold::bytes_read(op_, weights_, run);
  }

 private:
  Op op_;
  const PackedWeights& weights_;
};

// Frequencies as they are turned with: divided by the file's factors, once those are loaded, then scaled.
class RopeAnglesStage final : public Stage {
 public:
  RopeAnglesStage(const RopeAngles& op, const PackedWeights& weights, int n_ctx) : out_(op.out) {
    const bool is_long = has(op.long_divisors) && n_ctx > op.short_ctx;
    const WeightId divisors = is_long ? op.long_divisors : op.divisors;
    const float* factors = weights.is_loaded() ? weights.floats(divisors) : nullptr;
    const auto n_pairs = static_cast<int>(op.frequencies.size());
    for (int i = 0; i < n_pairs; ++i) {
      float frequency = op.frequencies[static_cast<std::size_t>(i)];
      if (factors != nullptr) frequency /= factors[i];
      frequencies_.per_pair.push_back(op.scaling.apply(frequency, i, n_pairs, op.theta));
    }
    frequencies_.axes = op.axes;
    frequencies_.amplitude = op.amplitude;
  }

  void run(ProgramRun& run) const noexcept override {
    rope_table(*run.ops, frequencies_, run.positions, run.rows(out_));
  }
  [[nodiscard]] std::string describe() const override {
    return cat("rope_angles ", frequencies_.per_pair.size(), " pairs");
  }

 private:
  RopeFrequencies frequencies_;
  ValueId out_;
};

// With the taps of a token next to each other.
class ShortConvStage final : public Stage {
 public:
  ShortConvStage(const ShortConv& op, const PackedWeights& weights) : op_(op) {
    if (!weights.is_loaded()) return;
    const int width = weights.table()[op.taps].n;
    const float* const of_channels = weights.floats(op.taps);
    taps_.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(op.n_taps));
    for (int j = 0; j < op.n_taps; ++j) {
      for (int i = 0; i < width; ++i) taps_.push_back(of_channels[i * op.n_taps + j]);
    }
  }

  void run(ProgramRun& run) const noexcept override {
    short_conv(*run.ops, run.state_layer(op_.slot), taps_.data(), op_.n_taps, run.rows(op_.in), run.rows(op_.out));
  }
  [[nodiscard]] std::string describe() const override { return tenfold::describe(op_); }

 private:
  ShortConv op_;
  std::vector<float> taps_;  // [n_taps, width]
};

class PatchesStage final : public Stage {
 public:
  explicit PatchesStage(const Patches& op) : op_(op), values_(normalized_pixels(op.mean, op.deviation)) {}

  void run(ProgramRun& run) const noexcept override {
    patches(*run.ops, run.image, op_.side, values_, run.positions, run.rows(op_.out));
  }
  [[nodiscard]] std::string describe() const override { return tenfold::describe(op_); }

 private:
  Patches op_;
  PixelValues values_;
};

struct MakeStage {
  const PackedWeights& weights;
  int n_ctx;

  std::unique_ptr<Stage> operator()(const RopeAngles& op) const {
    return std::make_unique<RopeAnglesStage>(op, weights, n_ctx);
  }
  std::unique_ptr<Stage> operator()(const ShortConv& op) const { return std::make_unique<ShortConvStage>(op, weights); }
  std::unique_ptr<Stage> operator()(const Patches& op) const { return std::make_unique<PatchesStage>(op); }
  template <typename Op>
  std::unique_ptr<Stage> operator()(const Op& op) const {
    return std::make_unique<PlainStage<Op>>(op, weights);
  }
};

}  // namespace

std::unique_ptr<Stage> make_plain_stage(const Operator& op, const PackedWeights& weights, int n_ctx) {
  return std::visit(MakeStage{weights, n_ctx}, op);
}

void QuantizeStage::run(ProgramRun& run) const noexcept { quantize(*run.ops, run.rows(in), run.bytes(out)); }

std::string describe_matrix(const PackedMatrix& m) {
  return cat(dtype_traits(m.dtype).name, " [", m.n, ", ", m.k, "]");
}

}  // namespace tenfold
