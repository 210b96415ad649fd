// Plan: what one step of a model does, as a flat list of operators over named values. Built once, then immutable,
// thread-safe; what changes from run to run lives in the run.
//
// It is data: no pointer, no memory, nothing of a device. An executor lowers it to what its machine does (src/cpu), a
// test reads it in double precision.
#pragma once

#include <string>
#include <vector>

#include "plan/operators.h"

namespace tenfold {

enum class ValueKind {
  kRows,      // [rows, width] f32
  kSchedule,  // which experts a token goes to and where in the order of slots; width: experts of a token
  kKv,        // keys and values, which outlive the run
  kState,     // recurrent state, likewise
  kLogits,    // [n_outputs, vocab_size] f32, the caller's memory
  kHidden,    // [n_outputs, model_dim] f32, the caller's memory
};

struct Value {
  std::string name;
  ValueKind kind = ValueKind::kRows;
  int width = 0;
  bool per_output = false;  // one row for each token whose logits are wanted, else for each token
  int rows_a_token = 1;
  int n_experts = 0;  // of a schedule

  bool operator==(const Value&) const = default;
};

// An operator of a plan, and whose it is.
struct PlanOperator {
  int layer = -1;  // −1: before or after the layers
  Operator op;
};

// What layers of one kind store of every token: a class shares blocks of its own.
struct KvClass {
  int n_layers = 0;
  int n_kv_heads = 0;
  int head_dim = 0;
  int window = 0;  // their tokens see themselves and window − 1 before them; 0: all before them
};

// What ShortConv operators keep of a text: rows of the last n_taps − 1 tokens.
struct ConvState {
  int n_layers = 0;
  int n_taps = 0;
  int width = 0;
};

struct Plan {
  std::vector<Value> values;
  std::vector<PlanOperator> operators;
  // Runs that want rows of model_dim instead of logits take `hidden_head` in the place of the operators from n_body on,
  // which are the output head. An encoder has no others, a tower has neither.
  std::size_t n_body = 0;
  std::vector<PlanOperator> hidden_head;

  std::vector<KvClass> kv_classes;  // of texts; by KvPlace::kv_class
  ConvState conv_state;             // no layers: none keeps any

  bool causal = true;         // false: a token sees its whole text, which is one step of its own for that reason
  int max_positions = 0;      // of a text; 0: any number
  ValueId result = kNoValue;  // of towers: the rows for a text model

  [[nodiscard]] bool has_logits() const { return n_body < operators.size(); }
  // id: of one of `values`
  [[nodiscard]] const Value& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }

  // A table for people: number, layer, operator with its weight, values read and written.
  [[nodiscard]] std::string describe(const WeightTable& weights) const;
};

struct TableLine {
  const std::string& label;
  int layer;
  const std::string& what;
  std::string reads, writes;
};
std::string table_line(const TableLine& line);

// One line of such a table. label: what stands first; values: those that operands name, or more of them.
template <typename V>
std::string describe_line(const std::vector<V>& values, const std::string& label, int layer, const std::string& what,
                          const Operands& operands) {
  const auto names = [&](const std::vector<ValueId>& ids) {
    std::string text;
    for (const ValueId id : ids) text += (text.empty() ? "" : ", ") + values[static_cast<std::size_t>(id)].name;
    return text;
  };
  return table_line({label, layer, what, names(operands.reads), names(operands.writes)});
}

// Of a value: the first and the last operator or stage that read or write it; −1 if none does.
struct ValueSpan {
  int first_use = -1, last_use = -1;
};

// Of each of n_values, when operators or stages have these operands one after the other.
class ValueSpans {
 public:
  explicit ValueSpans(std::size_t n_values) : spans_(n_values) {}
  void touch(const Operands& operands, int at);
  [[nodiscard]] const std::vector<ValueSpan>& spans() const { return spans_; }

 private:
  std::vector<ValueSpan> spans_;
};

}  // namespace tenfold
