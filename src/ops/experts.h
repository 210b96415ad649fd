// Mixtures of experts: each token's row goes through a few of many matrices and comes back as a weighted sum.
//
// A step's rows are put into slots, one for each token and expert it goes to, the slots of one expert next to each
// other: products over them are the ordinary ones, and each output is the same whatever other tokens the step has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ops/op_context.h"
#include "ops/packed_matrix.h"
#include "ops/rows.h"
#include "plan/operator_kinds.h"

namespace tenfold {

struct ExpertChoice {
  std::int32_t expert;
  float weight;
};

// Which rows of a step go to which expert. A view of memory that somebody else owns.
class ExpertSchedule {
 public:
  // Floats of memory for each token.
  static int width(int n_experts, int n_used) { return 4 * n_used + 2 * (n_experts + 1); }

  ExpertSchedule(std::byte* memory, int n_tokens, int n_experts, int n_used);

  [[nodiscard]] int n_used() const { return n_used_; }
  [[nodiscard]] int n_slots() const { return n_slots_; }
  [[nodiscard]] std::span<ExpertChoice> choices(int token) const {
    return {choices_ + static_cast<std::ptrdiff_t>(token) * n_used_, static_cast<std::size_t>(n_used_)};
  }
  // Gives every choice its slot. All choices must be made.
  void assign_slots() const;

  [[nodiscard]] int slot(int token, int choice) const { return slots_[token * n_used_ + choice]; }
  [[nodiscard]] int token_of(int slot) const { return tokens_[slot]; }
  // Experts that have slots, ascending.
  [[nodiscard]] std::span<const std::int32_t> active() const {
    if (n_slots_ == 0) return {};
    return {active_ + 1, static_cast<std::size_t>(active_[0])};
  }
  [[nodiscard]] ChunkRange slots_of(int expert) const { return {begin_[expert], begin_[expert + 1]}; }

 private:
  int n_experts_, n_used_, n_slots_;
  ExpertChoice* choices_ = nullptr;
  std::int32_t* slots_ = nullptr;   // [n_slots] of each choice
  std::int32_t* tokens_ = nullptr;  // [n_slots] of each slot
  std::int32_t* active_ = nullptr;  // how many experts are, then which
  std::int32_t* begin_ = nullptr;   // [n_experts + 1] first slot
};

// Chooses each token's experts and their slots.
//   choice_bias:  [n_experts] added to scores for the choice alone, or null
//   logits:       [n_tokens, n_experts], overwritten by the scores
void route(OpContext& ctx, const ExpertRouting& routing, const float* choice_bias, const Rows& logits,
           const ExpertSchedule& schedule);

// Copies each token's row to its slots. out: n_slots rows, in.stride_bytes apart
void to_slots(OpContext& ctx, const ExpertSchedule& schedule, const Activations& in, std::byte* out);

// out[slot] = W[expert of the slot] · in[slot]
//   in:   [n_slots, experts.first.k]
//   out:  [n_slots, experts.first.n]
void expert_project(OpContext& ctx, const ExpertSchedule& schedule, const Activations& in, const PackedExperts& experts,
                    const Rows& out);

// y[token] += Σ weight · in[slot] over the token's slots, in the order they were chosen. Overwrites in.
//   in:  [n_slots, width]
//   y:   [n_tokens, width]
void from_slots(OpContext& ctx, const ExpertSchedule& schedule, const Rows& in, const Rows& y);

}  // namespace tenfold
