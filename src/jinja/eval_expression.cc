#include <limits>

#include "base/error.h"
#include "jinja/evaluator.h"
#include "jinja/filters.h"
#include "jinja/globals.h"
#include "jinja/is_tests.h"
#include "jinja/value_text.h"

namespace tenfold::jinja {

Result<Value> Evaluator::eval(const Expr& expr) {
  const DepthScope depth(rt_.budget);
  TENFOLD_RETURN_IF_ERROR(depth.status());
  TENFOLD_RETURN_IF_ERROR(rt_.budget.step());
  Result<Value> value = std::visit([this](const auto& node) { return eval_node(node); }, expr.node);
  if (!value.ok() && error_line_ == 0) error_line_ = expr.line;
  return value;
}

Result<Value> Evaluator::eval_node(const ConstantExpr& node) { return node.value; }

Value Evaluator::undefined_name(NameId name) {
  return make_undefined(&rt_.heap, cat("'", printable(tree_.names[name]), "' is undefined"));
}

Result<Value> Evaluator::eval_node(const NameExpr& node) {
  for (Frame* frame = frame_.get(); frame != nullptr; frame = frame->parent.get()) {
    TENFOLD_RETURN_IF_ERROR(rt_.budget.step(frame->variables.size() / 16));
    const Value* found = frame->find(node.name);
    if (found == nullptr) continue;
    const bool unassigned = found->is_undefined() && found->object_pointer() == nullptr;
    return unassigned ? undefined_name(node.name) : *found;
  }
  if (!context_[node.name].is_undefined()) return context_[node.name];
  const std::string& name = tree_.names[node.name];
  if (const NativeSpec* global = find_global(name); global != nullptr) return Value::function(*global);
  if (is_missing_global(name)) return unsupported("global '", name, "' is not supported");
  return undefined_name(node.name);
}

Result<Value> Evaluator::eval_node(const SequenceExpr& node) {
  std::vector<Value> items;
  items.reserve(node.items.size());
  for (const ExprPtr& expr : node.items) {
    TENFOLD_ASSIGN_OR_RETURN(Value item, eval(*expr));
    items.push_back(std::move(item));
  }
  return node.kind == Kind::kList ? make_list(&rt_.heap, std::move(items)) : make_tuple(&rt_.heap, std::move(items));
}

Result<Value> Evaluator::eval_node(const DictExpr& node) {
  std::vector<DictObject::Entry> entries;
  entries.reserve(node.entries.size());
  for (const auto& [key_expr, value_expr] : node.entries) {
    TENFOLD_ASSIGN_OR_RETURN(Value key, eval(*key_expr));
    TENFOLD_ASSIGN_OR_RETURN(Value value, eval(*value_expr));
    entries.emplace_back(std::move(key), std::move(value));
  }
  return make_dict(&rt_.heap, std::move(entries));
}

Result<Value> Evaluator::eval_node(const NotExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value operand, eval(*node.operand));
  return Value::boolean(!truthy(operand));
}

Result<Value> Evaluator::eval_node(const SignExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value operand, eval(*node.operand));
  return apply_sign(rt_, node.sign, operand);
}

Result<Value> Evaluator::eval_node(const BinaryExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value left, eval(*node.left));
  TENFOLD_ASSIGN_OR_RETURN(const Value right, eval(*node.right));
  return apply(rt_, node.op, left, right);
}

Result<Value> Evaluator::eval_node(const LogicExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(Value left, eval(*node.left));
  if (truthy(left) == (node.logic == Logic::kOr)) return left;
  return eval(*node.right);
}

Result<bool> Evaluator::compare(Comparison comparison, const Value& left, const Value& right) {
  switch (comparison) {
    case Comparison::kEqual: return equal(rt_, left, right);
    case Comparison::kLess: return ordered(rt_, Order::kLess, left, right);
    case Comparison::kLessEqual: return ordered(rt_, Order::kLessEqual, left, right);
    case Comparison::kGreater: return ordered(rt_, Order::kGreater, left, right);
    case Comparison::kGreaterEqual: return ordered(rt_, Order::kGreaterEqual, left, right);
    case Comparison::kIn: return contains(rt_, right, left);
    case Comparison::kNotEqual:
    case Comparison::kNotIn: break;
  }
  const Result<bool> opposite =
      comparison == Comparison::kNotEqual ? equal(rt_, left, right) : contains(rt_, right, left);
  TENFOLD_RETURN_IF_ERROR(opposite.status());
  return !*opposite;
}

Result<Value> Evaluator::eval_node(const CompareExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(Value left, eval(*node.first));
  for (const auto& [comparison, operand] : node.rest) {
    TENFOLD_ASSIGN_OR_RETURN(Value right, eval(*operand));
    TENFOLD_ASSIGN_OR_RETURN(const bool holds, compare(comparison, left, right));
    if (!holds) return Value::boolean(false);
    left = std::move(right);
  }
  return Value::boolean(true);
}

Result<Value> Evaluator::eval_node(const ConcatExpr& node) {
  MarkedText out;
  for (const ExprPtr& expr : node.parts) {
    TENFOLD_ASSIGN_OR_RETURN(const Value part, eval(*expr));
    TENFOLD_ASSIGN_OR_RETURN(const MarkedText text, to_text(rt_, part));
    TENFOLD_RETURN_IF_ERROR(rt_.budget.reserve(out.n_bytes() + text.n_bytes()));
    out.append(text.view());
  }
  return make_string(&rt_.heap, std::move(out));
}

Result<Value> Evaluator::eval_node(const ConditionalExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value test, eval(*node.test));
  if (truthy(test)) return eval(*node.yes);
  if (node.no != nullptr) return eval(*node.no);
  return make_undefined(&rt_.heap, "the inline if-expression was false and has no else");
}

Result<Value> Evaluator::eval_node(const AttributeExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value object, eval(*node.object));
  if (object.is(Kind::kLoop)) return loop_attribute(object, node.name);
  return get_attribute(rt_, object, node.name);
}

Result<Value> Evaluator::eval_node(const ItemExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value object, eval(*node.object));
  TENFOLD_ASSIGN_OR_RETURN(const Value key, eval(*node.key));
  if (object.is(Kind::kLoop) && key.is_string()) return loop_attribute(object, key.text());
  return get_item(rt_, object, key);
}

Result<std::optional<std::int64_t>> Evaluator::eval_bound(const ExprPtr& bound) {
  std::optional<std::int64_t> number;
  if (bound == nullptr) return number;
  TENFOLD_ASSIGN_OR_RETURN(const Value value, eval(*bound));
  if (value.is(Kind::kNone)) return number;
  if (value.is(Kind::kLargeInt)) {
    using Limits = std::numeric_limits<std::int64_t>;
    number = value.is_negative_integer() ? Limits::min() : Limits::max();
    return number;
  }
  if (!value.is_integral()) return invalid_argument("slice indices must be integers or none, found ", type_name(value));
  number = value.as_integer();
  return number;
}

Result<Value> Evaluator::eval_node(const SliceExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value object, eval(*node.object));
  SliceBounds bounds;
  TENFOLD_ASSIGN_OR_RETURN(bounds.start, eval_bound(node.start));
  TENFOLD_ASSIGN_OR_RETURN(bounds.stop, eval_bound(node.stop));
  TENFOLD_ASSIGN_OR_RETURN(bounds.step, eval_bound(node.step));
  return get_slice(rt_, object, bounds);
}

Result<Value> Evaluator::eval_node(const FilterExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value input, eval(*node.input));
  if (node.step.spec == nullptr) return no_such_filter(node.step.name);
  TENFOLD_ASSIGN_OR_RETURN(const Arguments arguments, eval_arguments(node.step.arguments));
  return call_native(rt_, *node.step.spec, input, arguments);
}

Result<Value> Evaluator::eval_node(const TestExpr& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value input, eval(*node.input));
  if (node.step.spec == nullptr) return no_such_test(node.step.name);
  TENFOLD_ASSIGN_OR_RETURN(const Arguments arguments, eval_arguments(node.step.arguments));
  return call_native(rt_, *node.step.spec, input, arguments);
}

}  // namespace tenfold::jinja
