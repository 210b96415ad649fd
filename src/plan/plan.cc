#include "plan/plan.h"

#include <algorithm>

#include "base/cat.h"

namespace tenfold {

std::string table_line(const TableLine& line) {
  std::string text = line.label;
  text.resize(std::max<std::size_t>(text.size(), 6), ' ');
  text += line.layer < 0 ? "  -  " : cat("  ", line.layer, line.layer < 10 ? "  " : " ");
  text += line.what;
  text.resize(std::max<std::size_t>(text.size(), 64), ' ');
  return cat(text, "  ", line.reads, " -> ", line.writes, "\n");
}

std::string Plan::describe(const WeightTable& weights) const {
  std::string out;
  const auto append = [&](const std::string& label, const PlanOperator& planned) {
    out += describe_line(values, label, planned.layer, tenfold::describe(planned.op, weights), operands(planned.op));
  };
  for (std::size_t i = 0; i < operators.size(); ++i) append(cat(i), operators[i]);
  for (const PlanOperator& planned : hidden_head) append(has_logits() ? cat(n_body, " or") : cat(n_body), planned);
  return out;
}

void ValueSpans::touch(const Operands& operands, int at) {
  for (const std::vector<ValueId>* ids : {&operands.reads, &operands.writes}) {
    for (const ValueId id : *ids) {
      ValueSpan& span = spans_[static_cast<std::size_t>(id)];
      if (span.first_use < 0) span.first_use = at;
      span.last_use = std::max(span.last_use, at);
    }
  }
}

}  // namespace tenfold
