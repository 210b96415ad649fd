// PlanBuilder: the words in which an architecture file writes its forward pass. Each call appends one operator.
//
// One thread; refers to the table of weights, whose shapes say how wide the values are.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "base/contracts.h"
#include "plan/plan.h"

namespace tenfold {

// What all attention layers of a model have in common.
struct AttentionHeads {
  int n_heads = 0;
  int n_kv_heads = 0;  // divides n_heads
  int head_dim = 0;
  float softcap = 0;  // 0: none
  AttentionMask mask = AttentionMask::kCausal;
  RopeLayout rope = RopeLayout::kNone;
};

class PlanBuilder {
 public:
  // norm_eps: of RMS norms.
  PlanBuilder(const WeightTable& weights, float norm_eps) : weights_(weights), norm_eps_(norm_eps) {}

  // Operators that follow belong to this layer; −1: to none. Its keys and values have a slot of their own in the class
  // of those that are stored alike,
  void set_layer(int layer) {
    layer_ = layer;
    place_.reset();
  }
  // or lie where somebody else says,
  void store_at(KvPlace place) { place_ = place; }
  // or are those that another layer, which came before, has written.
  void read_kv_of(int layer) {
    TENFOLD_DCHECK(places_.contains(layer));
    place_ = places_[layer];
  }

  ValueId embed(WeightId table, float factor);
  // angles.out is filled in.
  ValueId rope_angles(RopeAngles angles, const char* name);
  ValueId norm(ValueId x, WeightId weight, const char* name);
  // W·x + bias (there may be none), named after its result.
  ValueId project(ValueId x, WeightId matrix, WeightId bias, const char* name);
  void layer_norm(ValueId x, WeightId weight, WeightId bias, float eps);  // in place
  void gelu(ValueId x);                                                   // in place
  // x += the row of each token's position, or the first one; no longer text than the table has rows.
  void add_positions(ValueId x, WeightId table);
  void add_first_row(ValueId x, WeightId table);
  void head_norm(ValueId x, WeightId weight, int head_dim);
  void rope(ValueId x, ValueId angles, const AttentionHeads& heads);
  void scale(ValueId x, float factor);
  // window: as attention() takes it; layers of another window are stored by themselves.
  void kv_write(ValueId k, ValueId v, const AttentionHeads& heads, int window);
  ValueId attention(ValueId q, const AttentionHeads& heads, int window);
  // in: b, c and x side by side; taps: [a third of its width, n_taps]
  ValueId short_conv(ValueId in, WeightId taps);
  ValueId gate_mul(ValueId gate, ValueId up, GateActivation activation);
  void add(ValueId x, ValueId y);  // y += x
  // Mixtures of experts: which experts a token goes to, by the router's logits;
  ValueId route(ValueId logits, const ExpertRouting& routing, WeightId choice_bias);
  // x in the slots of its experts; products of slots; y += the weighted sum of a token's slots.
  ValueId to_slots(ValueId x, ValueId schedule);
  ValueId expert_project(ValueId x, ValueId schedule, WeightId experts, const char* name);
  void from_slots(ValueId x, ValueId schedule, ValueId y);
  ValueId gather_outputs(ValueId x);
  // What the output head begins with, or all that there is: the result of runs that want hidden rows. norm: none if x
  // is normalised already.
  void hidden(ValueId x, WeightId norm);
  // The output head, after hidden(): its result is the run's logits.
  void logits(ValueId x, WeightId matrix, float softcap);
  // Of towers: pixels of patches; x += positions sampled from a table; the n_merged patches of a square side by side.
  ValueId patches(Patches patches);                         // patches.out is filled in
  void add_position_grid(ValueId x, AddPositionGrid grid);  // grid.x is filled in
  ValueId merge_squares(ValueId x, int n_merged);
  // And the rows that they are for.
  void result(ValueId x) { plan_.result = x; }

  Plan take();

 private:
  // The value of this description, which may be there already: layers run one after the other.
  ValueId value(const Value& wanted);
  // One like another, named and perhaps of another width.
  ValueId like(ValueId other, const char* name, int width);
  ValueId like(ValueId other, const char* name) { return like(other, name, plan_.value(other).width); }
  [[nodiscard]] ExpertCounts counts_of(ValueId schedule) const;
  ValueId kv() { return value({"kv", ValueKind::kKv}); }
  // A new slot in the class of these.
  KvPlace new_place(const KvClass& stored);
  void append(Operator op) { plan_.operators.push_back({layer_, std::move(op)}); }

  const WeightTable& weights_;
  float norm_eps_;
  int layer_ = -1;
  std::optional<KvPlace> place_;   // of this layer's keys and values, once that is known
  std::map<int, KvPlace> places_;  // by layer
  Plan plan_;
};

}  // namespace tenfold
