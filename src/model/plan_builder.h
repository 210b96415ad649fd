// PlanBuilder: the words in which an architecture file writes its forward pass. Each call appends one plain Step.
//
// One thread; the Plan refers to the weights, which must outlive it.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>

#include "model/arch_spec.h"
#include "model/plan.h"
#include "model/steps.h"
#include "model/weights.h"
#include "tenfold/options.h"

namespace tenfold {

class PlanBuilder {
 public:
  // n_ctx: the longest text that the plan is for.
  PlanBuilder(const ArchSpec& spec, Precision precision, int n_ctx)
      : spec_(spec), precision_(precision), n_ctx_(n_ctx) {}

  [[nodiscard]] int n_ctx() const { return n_ctx_; }

  // Values and steps that have no word of their own here: rows for each token, or for each output.
  ValueId token_rows(const char* name, int width) { return value({name, ValueKind::kF32, width}); }
  ValueId output_rows(const char* name, int width) {
    return value({name, ValueKind::kF32, width, /*per_output=*/true});
  }
  [[nodiscard]] int width(ValueId x) const { return plan_.values[static_cast<std::size_t>(x)].width; }
  void step(std::unique_ptr<Step> step, std::initializer_list<ValueId> reads, std::initializer_list<ValueId> writes);

  // Steps that follow belong to this layer; −1: to none.
  void set_layer(int layer) { layer_ = layer; }

  ValueId embed(const PackedMatrix& table, float factor);
  ValueId rope_angles(RopeFrequencies frequencies, const char* name);
  ValueId norm(ValueId x, const float* weight, const char* name);
  // What these matrices are multiplied with: x itself, or x in 8 bit if the precision and all their types allow it.
  ValueId matrix_input(ValueId x, std::initializer_list<const PackedMatrix*> matrices);
  // W·x + bias (bias may be null), named after its result.
  ValueId project(ValueId x, const PackedMatrix& matrix, const float* bias, const char* name);
  void layer_norm(ValueId x, const LayerNormWeights& weights, float eps);  // in place
  void gelu(ValueId x);                                                    // in place
  // x += the row of each token's position, or the first one; no longer text than the table has rows.
  void add_positions(ValueId x, const PackedMatrix& table);
  void add_first_row(ValueId x, const PackedMatrix& table);
  void head_norm(ValueId x, const float* weight);
  void rope(ValueId x, ValueId angles);
  void scale(ValueId x, float factor);
  void kv_write(ValueId k, ValueId v);
  ValueId attention(ValueId q, int window);
  ValueId gate_mul(ValueId gate, ValueId up);
  void add(ValueId x, ValueId y);  // y += x
  // Mixtures of experts, see ops/experts.h: which experts a token goes to, by the router's logits;
  ValueId route(ValueId logits, const ExpertRouting& routing);
  // x in the slots of its experts; products of slots; y += the weighted sum of a token's slots.
  ValueId to_slots(ValueId x, ValueId schedule);
  ValueId expert_project(ValueId x, ValueId schedule, const PackedExperts& experts, const char* name);
  void from_slots(ValueId x, ValueId schedule, ValueId y);
  ValueId gather_outputs(ValueId x);
  // What the output head begins with, or all that there is: the result of runs that want hidden rows. norm_weight: null
  // if x is normalised already.
  void hidden(ValueId x, const float* norm_weight);
  // The output head, after hidden(): its result is the run's logits.
  void logits(ValueId x, const PackedMatrix& matrix, float softcap);

  Plan take() { return std::move(plan_); }

 private:
  // The value of this description, which may be there already: layers run one after the other.
  ValueId value(const Value& wanted);
  [[nodiscard]] Value like(ValueId other, std::string name, ValueKind kind = ValueKind::kF32) const;
  template <typename S>
  void fill_schedule(S& step, ValueId schedule) const;
  ValueId kv_value();
  // Appends a copy of `step` with the layer filled in.
  template <typename S>
  void append(S step, std::initializer_list<ValueId> reads, std::initializer_list<ValueId> writes);

  const ArchSpec& spec_;
  Precision precision_;
  int n_ctx_;
  int layer_ = -1;
  ValueId kv_ = -1;
  Plan plan_;
};

}  // namespace tenfold
