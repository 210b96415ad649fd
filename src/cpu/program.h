// Program: a Plan lowered to what this processor's cores do: a flat list of Stages over values in one arena. lower()
// makes it; immutable and thread-safe after that. The plan and its packed weights must outlive it where they are.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ops/kv_view.h"
#include "ops/op_context.h"
#include "ops/patches.h"
#include "ops/rows.h"
#include "ops/state_view.h"
#include "plan/plan.h"
#include "runtime/memory_plan.h"

namespace tenfold {

// Values of the plan keep their ids; behind them come those that the lowering needs beside.
struct ProgramValue : Value {
  bool q8 = false;  // rows of q8_row_bytes(width), else f32
};

// Of one row.
std::size_t value_row_bytes(const ProgramValue& value);

// The keys and values that the layers of one class see.
struct KvClassView {
  KvLayerView first_slot;
  std::size_t slot_stride = 0;
};

// One run of a Program as its Stages see it.
class ProgramRun {
 public:
  OpContext* ops = nullptr;
  std::span<const std::int32_t> tokens;      // [n_tokens]
  std::span<const float* const> input_rows;  // [n_tokens]: null, or what stands in the place of the token's embedding
  std::span<const RopePosition> positions;   // [n_tokens]
  std::span<const std::int32_t> outputs;     // [n_outputs] rows whose logits are wanted, ascending
  ImageView image;                           // of towers
  std::span<const KvClassView> kv;           // of each class of layers
  StateLayerView state;                      // of the first layer that has any
  std::span<std::byte* const> values;        // where each value lies
  std::span<const ProgramValue> table;

  [[nodiscard]] int n_rows(ValueId id) const;
  [[nodiscard]] Rows rows(ValueId id) const;  // f32
  [[nodiscard]] std::byte* bytes(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
  [[nodiscard]] Activations activations(ValueId id) const;  // f32 or q8
  [[nodiscard]] KvLayerView kv_layer(const KvPlace& place) const;
  [[nodiscard]] StateLayerView state_layer(int slot) const;
};

// A few operators of a plan, done at once.
class Stage {
 public:
  virtual ~Stage() = default;

  // Never allocates, never fails; shapes were checked when the plan was built. May stop early once ops->cancel is true.
  virtual void run(ProgramRun& run) const noexcept = 0;
  // "project q4_0 [576, 1536]"
  [[nodiscard]] virtual std::string describe() const = 0;
  // Scratch that each worker needs.
  [[nodiscard]] virtual std::size_t scratch_bytes(const kernels::KernelTable&) const { return 0; }
  // Bytes of weights and KV cache that a run reads, each once; 0 where that is next to nothing.
  [[nodiscard]] virtual std::size_t bytes_read(const ProgramRun&) const { return 0; }

  int layer = -1;                       // −1: before or after the layers
  Operands values;                      // what it reads and writes
  std::span<const PlanOperator> plain;  // the operators that it stands for; none for what only prepares another stage
};

using StageList = std::vector<std::unique_ptr<Stage>>;

struct Program {
  std::vector<ProgramValue> values;
  StageList stages;
  // As in the plan: what runs that want rows of model_dim take in the place of the stages from n_body on.
  std::size_t n_body = 0;
  StageList hidden_head;

  std::size_t n_kv_classes = 0;  // of texts
  bool causal = true;
  int max_positions = 0;
  ValueId result = kNoValue;

  [[nodiscard]] bool has_logits() const { return n_body < stages.size(); }

  // A table for people: number, layer, stage, values read and written; under a fused stage the operators that it does.
  [[nodiscard]] std::string describe(const WeightTable& weights) const;
};

// Of each value: from the first stage that touches it to the last, with so many rows.
std::vector<ValueLife> value_lives(const Program& program, int n_tokens, int n_outputs);

}  // namespace tenfold
