#include "cpu/eight_bits.h"

#include <algorithm>

namespace tenfold {

namespace {

// What a product reads, if an operator is one, and what with.
struct Product {
  ValueId in = kNoValue;
  WeightId matrix;
};

Product product_of(const Operator& op) {
  if (const auto* project = std::get_if<Project>(&op)) return {project->in, project->matrix};
  if (const auto* project = std::get_if<ExpertProject>(&op)) return {project->in, project->experts};
  return {};
}

// The products with the same input that begin at an operator, one after the other.
std::size_t end_of_group(const std::vector<PlanOperator>& operators, std::size_t begin) {
  const ValueId in = product_of(operators[begin].op).in;
  std::size_t end = begin;
  while (end < operators.size() && in != kNoValue && product_of(operators[end].op).in == in) ++end;
  return end;
}

}  // namespace

std::vector<bool> rounded_inputs(const std::vector<PlanOperator>& operators, const PackedWeights& weights,
                                 Precision precision) {
  std::vector<bool> rounded(operators.size(), false);
  if (precision == Precision::kExact) return rounded;
  const auto is_rounded_product = [&](const PlanOperator& planned) {
    return is_quantized(weights.matrix(product_of(planned.op).matrix).dtype);
  };
  for (std::size_t begin = 0; begin < operators.size();) {
    const std::size_t end = end_of_group(operators, begin);
    if (end == begin) {
      ++begin;
      continue;
    }
    const auto first = operators.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = operators.begin() + static_cast<std::ptrdiff_t>(end);
    if (std::all_of(first, last, is_rounded_product)) {
      std::fill(rounded.begin() + (first - operators.begin()), rounded.begin() + (last - operators.begin()), true);
      // Rows are rounded before they are copied to their slots, once for all experts.
      const auto* to_slots = begin > 0 ? std::get_if<ToSlots>(&operators[begin - 1].op) : nullptr;
      if (to_slots != nullptr && to_slots->out == product_of(first->op).in) rounded[begin - 1] = true;
    }
    begin = end;
  }
  return rounded;
}

ValueId EightBitTwins::of(ValueId x) {
  ValueId& twin = twins_[static_cast<std::size_t>(x)];
  if (twin == kNoValue) {
    ProgramValue rows = values_[static_cast<std::size_t>(x)];
    rows.name += "_q8";
    rows.q8 = true;
    values_.push_back(rows);
    twin = static_cast<ValueId>(values_.size() - 1);
  }
  return twin;
}

void EightBitTwins::overwrite(ValueId id) {
  for (std::size_t i = 0; i < twins_.size(); ++i) {
    if (static_cast<ValueId>(i) == id || twins_[i] == id) states_[i] = State::kEmpty;
  }
}

}  // namespace tenfold
