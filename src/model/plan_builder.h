// PlanBuilder: the words in which an architecture file writes its forward pass. Each call appends one plain Step.
//
// One thread; the Plan refers to the weights, which must outlive it.
#pragma once

#include <initializer_list>
#include <string>

#include "model/arch_spec.h"
#include "model/plan.h"
#include "model/steps.h"
#include "model/weights.h"
#include "tenfold/options.h"

namespace tenfold {

class PlanBuilder {
 public:
  PlanBuilder(const ArchSpec& spec, Precision precision) : spec_(spec), precision_(precision) {}

  // Steps that follow belong to this layer; −1: to none.
  void set_layer(int layer) { layer_ = layer; }

  ValueId embed(const PackedMatrix& table, float factor);
  ValueId rope_angles(RopeFrequencies frequencies);
  ValueId norm(ValueId x, const float* weight, const char* name);
  // What these matrices are multiplied with: x itself, or x in 8 bit if the precision and all their types allow it.
  ValueId matrix_input(ValueId x, std::initializer_list<const PackedMatrix*> matrices);
  // W·x + bias (bias may be null), named after its result.
  ValueId project(ValueId x, const PackedMatrix& matrix, const float* bias, const char* name);
  void head_norm(ValueId x, const float* weight);
  void rope(ValueId x, ValueId angles);
  void scale(ValueId x, float factor);
  void kv_write(ValueId k, ValueId v);
  ValueId attention(ValueId q);
  ValueId gate_mul(ValueId gate, ValueId up);
  void add(ValueId x, ValueId y);  // y += x
  ValueId gather_outputs(ValueId x);
  // The output head: its result is the run's logits.
  void logits(ValueId x, const PackedMatrix& matrix, float softcap);

  Plan take() { return std::move(plan_); }

 private:
  ValueId value(std::string name, ValueKind kind, int width, bool per_output = false);
  ValueId value_like(ValueId other, std::string name, ValueKind kind);
  ValueId kv_value();
  // Appends a copy of `step` with the layer filled in.
  template <typename S>
  void append(S step, std::initializer_list<ValueId> reads, std::initializer_list<ValueId> writes);

  const ArchSpec& spec_;
  Precision precision_;
  int layer_ = -1;
  ValueId kv_ = -1;
  Plan plan_;
};

}  // namespace tenfold
