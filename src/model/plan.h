// Plan: what one step of the model does, as a flat list of Steps over named values. Built once, immutable, thread-safe.
//
// Values are rows of one token each; a Step says which it reads and which it writes, so that the memory plan can give
// each a place in one arena. plan_fusion rewrites the list; a fused Step keeps the plain ones that it replaced.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ops/kv_view.h"
#include "ops/op_context.h"
#include "ops/rope.h"
#include "ops/rows.h"
#include "runtime/memory_plan.h"

namespace tenfold {

using ValueId = int;

enum class ValueKind {
  kF32,     // [rows, width] f32
  kQ8,      // rows of q8_row_bytes(width)
  kKv,      // the KV cache of all layers; not in the arena
  kLogits,  // [n_outputs, vocab_size] f32, the caller's memory
  kHidden,  // [n_outputs, model_dim] f32, the caller's memory
};

struct Value {
  std::string name;
  ValueKind kind = ValueKind::kF32;
  int width = 0;
  bool per_output = false;  // one row for each token whose logits are wanted, else for each token
  int rows_a_token = 1;

  bool operator==(const Value&) const = default;
};

// Of one row.
std::size_t value_row_bytes(const Value& value);

// One run of a Plan as its Steps see it.
class StepRun {
 public:
  OpContext* ops = nullptr;
  std::span<const std::int32_t> tokens;      // [n_tokens]
  std::span<const float* const> input_rows;  // [n_tokens]: null, or what stands in the place of the token's embedding
  std::span<const RopePosition> positions;   // [n_tokens]
  std::span<const std::int32_t> outputs;     // [n_outputs] rows whose logits are wanted, ascending
  std::span<const KvSequenceView> sequences;
  KvLayerView kv;  // of layer 0; see kv_layer
  std::size_t kv_layer_stride = 0;
  std::span<std::byte* const> values;  // where each Value lies
  std::span<const Value> table;

  [[nodiscard]] int n_rows(ValueId id) const;
  [[nodiscard]] Rows rows(ValueId id) const;  // kF32, kLogits and kHidden
  [[nodiscard]] std::byte* bytes(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
  [[nodiscard]] Activations activations(ValueId id) const;  // kF32 and kQ8
  [[nodiscard]] KvLayerView kv_layer(int layer) const;
};

// An operator with its operands. To add one of your own, derive from it and put it into a Plan.
class Step {
 public:
  virtual ~Step() = default;

  // Never allocates, never fails; shapes were checked when the plan was built. May stop early once ops->cancel is true.
  virtual void run(StepRun& run) const noexcept = 0;
  // "mat_mul q4_0 [576, 1536]"
  [[nodiscard]] virtual std::string describe() const = 0;
  // Scratch that each worker needs.
  [[nodiscard]] virtual std::size_t scratch_bytes(const kernels::KernelTable&) const { return 0; }
  // Bytes of weights and KV cache that a run reads, each once; 0 where that is next to nothing.
  [[nodiscard]] virtual std::size_t bytes_read(const StepRun&) const { return 0; }
  // What a fused step stands for, in order; empty for a plain one.
  [[nodiscard]] virtual std::span<const std::unique_ptr<Step>> replaced() const { return {}; }

  int layer = -1;  // −1: before or after the layers
  std::vector<ValueId> reads;
  std::vector<ValueId> writes;
};

using StepList = std::vector<std::unique_ptr<Step>>;

struct Plan {
  std::vector<Value> values;
  StepList steps;
  // Runs that want rows of model_dim instead of logits take `hidden` in the place of the steps from n_body on, which
  // are the output head. An encoder has no others.
  std::size_t n_body = 0;
  StepList hidden;

  bool causal = true;     // false: a token sees its whole text, which is one step of its own for that reason
  int max_positions = 0;  // of a text; 0: any number

  [[nodiscard]] bool has_logits() const { return n_body < steps.size(); }

  // A table for people: number, layer, operator, values read and written.
  [[nodiscard]] std::string describe() const;
};

// Of each value: from the first step that writes it to the last that touches it, with so many rows.
std::vector<ValueLife> value_lives(const Plan& plan, int n_tokens, int n_outputs);

}  // namespace tenfold
