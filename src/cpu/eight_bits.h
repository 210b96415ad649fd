// Which rows of a plan are multiplied in 8 bit, and the values that hold them.
#pragma once

#include <vector>

#include "cpu/packed_weights.h"
#include "cpu/program.h"
#include "tenfold/options.h"

namespace tenfold {

// Of each operator of a plan: whether its input is rounded to 8 bits. With fast precision that is so for the products
// with quantised matrices, where all that come one after the other with the same input are: they share its rows.
std::vector<bool> rounded_inputs(const std::vector<PlanOperator>& operators, const PackedWeights& weights,
                                 Precision precision);

// A value of a program that holds another's rows in 8 bit, made when it is asked for. One thread.
class EightBitTwins {
 public:
  // Appends to `values`, which must outlive this.
  explicit EightBitTwins(std::vector<ProgramValue>& values) : values_(values), twins_(values.size(), kNoValue) {}

  // x: a value of the plan
  ValueId of(ValueId x);
  // True if x's twin holds its rows,
  [[nodiscard]] bool is_filled(ValueId x) const { return state_of(x) != State::kEmpty; }
  // and x itself does not: a region rounded them at once.
  [[nodiscard]] bool is_alone(ValueId x) const { return state_of(x) == State::kAlone; }
  void fill(ValueId x) { states_[static_cast<std::size_t>(x)] = State::kFilled; }
  void fill_alone(ValueId x) { states_[static_cast<std::size_t>(x)] = State::kAlone; }
  // This value, or the one that it is the twin of, is overwritten.
  void overwrite(ValueId id);

 private:
  enum class State { kEmpty, kFilled, kAlone };
  [[nodiscard]] State state_of(ValueId x) const { return states_[static_cast<std::size_t>(x)]; }

  std::vector<ProgramValue>& values_;
  std::vector<ValueId> twins_;  // of each value of the plan
  std::vector<State> states_ = std::vector<State>(twins_.size(), State::kEmpty);
};

}  // namespace tenfold
