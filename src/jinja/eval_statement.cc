#include "base/error.h"
#include "jinja/evaluator.h"
#include "jinja/value_text.h"

namespace tenfold::jinja {

Result<MarkedText> Evaluator::run() {
  MarkedText out;
  out_ = &out;
  root_ = make_frame(tree_.scope);
  const Result<Flow> flow = run_body(tree_.body, root_);
  if (flow.ok()) return out;
  return error_line_ == 0 ? flow.status() : flow.status().with_context(cat("line ", error_line_));
}

std::shared_ptr<Frame> Evaluator::make_frame(const Scope& scope) {
  auto frame = rt_.heap.make<Frame>(frame_);
  frame->enter(scope);
  return frame;
}

Result<Evaluator::Flow> Evaluator::run_body(const Body& body, std::shared_ptr<Frame> frame) {
  const InFrame scope(*this, std::move(frame));
  return run_statements(body);
}

Result<Evaluator::Flow> Evaluator::run_statements(const Body& body) {
  const DepthScope depth(rt_.budget);
  TENFOLD_RETURN_IF_ERROR(depth.status());
  for (const Stmt& stmt : body) {
    Result<Flow> flow = run_statement(stmt);
    if (!flow.ok() && error_line_ == 0) error_line_ = stmt.line;
    if (!flow.ok() || *flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

Result<Evaluator::Flow> Evaluator::run_statement(const Stmt& stmt) {
  TENFOLD_RETURN_IF_ERROR(rt_.budget.step());
  return std::visit([this](const auto& node) { return run_node(node); }, stmt.node);
}

Status Evaluator::write(const MarkedView& text) {
  TENFOLD_RETURN_IF_ERROR(rt_.budget.output(text.n_bytes()));
  const std::size_t before = out_->n_bytes();
  out_->append(text);
  // A range may have become one with the last, or a flag a range.
  rt_.budget.output_taken_back(before + text.n_bytes() - out_->n_bytes());
  return {};
}

Result<Evaluator::Filtered> Evaluator::run_filtered(const Body& body, const Scope& scope,
                                                    const std::vector<FilterStep>& filters) {
  const InFrame inner(*this, make_frame(scope));
  TENFOLD_ASSIGN_OR_RETURN(Captured captured, capture([&] { return run_statements(body); }));
  if (captured.flow != Flow::kNext) return Filtered{Value(), captured.flow};
  Value value = make_string(&rt_.heap, std::move(captured.text));
  for (const FilterStep& step : filters) {
    TENFOLD_ASSIGN_OR_RETURN(const Arguments arguments, eval_arguments(step.arguments));
    TENFOLD_ASSIGN_OR_RETURN(value, call_native(rt_, *step.spec, value, arguments));
  }
  return Filtered{std::move(value), Flow::kNext};
}

Status Evaluator::assign(const Target& target, const Value& value, Frame& frame) {
  TENFOLD_RETURN_IF_ERROR(rt_.budget.step(1 + frame.variables.size() / 16));
  switch (target.sort) {
    case Target::Sort::kName: frame.set(target.name, value); return {};
    case Target::Sort::kNamespaceAttribute: {
      TENFOLD_ASSIGN_OR_RETURN(const Value object, eval_node(NameExpr{target.name}));
      if (!object.is(Kind::kNamespace)) return invalid_argument("cannot assign attribute on non-namespace object");
      if (target.attribute.starts_with("_")) {
        return invalid_argument("namespace attributes cannot start with an underscore: '", target.attribute, "'");
      }
      auto& attributes = object.object<NamespaceObject>();
      TENFOLD_RETURN_IF_ERROR(rt_.budget.step(1 + attributes.attributes.size() / 16));
      attributes.set(target.attribute, value);
      return {};
    }
    case Target::Sort::kTuple: break;
  }
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> parts, collect(rt_, value));
  if (parts.size() != target.items.size()) {
    return invalid_argument("expected ", target.items.size(), " values to unpack, found ", parts.size());
  }
  for (std::size_t i = 0; i < parts.size(); ++i) TENFOLD_RETURN_IF_ERROR(assign(target.items[i], parts[i], frame));
  return {};
}

Result<Evaluator::Flow> Evaluator::run_node(const TextStmt& node) {
  TENFOLD_RETURN_IF_ERROR(write(node.text.view()));
  return Flow::kNext;
}

Status Evaluator::print(const Value& value) {
  if (value.is_string()) return write(value.view());
  TENFOLD_ASSIGN_OR_RETURN(const MarkedText text, to_text(rt_, value));
  return write(text.view());
}

Status Evaluator::print_text(const Value& value) {
  if (value.is_string()) return write(value.view());
  return invalid_argument("the block: expected text, found ", type_name(value));
}

Result<Evaluator::Flow> Evaluator::run_node(const PrintStmt& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value value, eval(*node.value));
  TENFOLD_RETURN_IF_ERROR(print(value));
  return Flow::kNext;
}

Result<Evaluator::Flow> Evaluator::run_node(const IfStmt& node) {
  for (const IfStmt::Branch& branch : node.branches) {
    TENFOLD_ASSIGN_OR_RETURN(const Value test, eval(*branch.test));
    if (truthy(test)) return run_statements(branch.body);
  }
  return run_statements(node.otherwise);
}

Result<Evaluator::Flow> Evaluator::run_node(const SetStmt& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value value, eval(*node.value));
  TENFOLD_RETURN_IF_ERROR(assign(node.target, value, *frame_));
  return Flow::kNext;
}

Result<Evaluator::Flow> Evaluator::run_node(const SetBlockStmt& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Filtered filtered, run_filtered(node.body, node.scope, node.filters));
  if (filtered.flow == Flow::kNext) TENFOLD_RETURN_IF_ERROR(assign(node.target, filtered.value, *frame_));
  return filtered.flow;
}

Result<Evaluator::Flow> Evaluator::run_node(const FilterBlockStmt& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Filtered filtered, run_filtered(node.body, node.scope, node.filters));
  if (filtered.flow == Flow::kNext) TENFOLD_RETURN_IF_ERROR(print_text(filtered.value));
  return filtered.flow;
}

Result<Evaluator::Flow> Evaluator::run_node(const WithStmt& node) {
  const std::shared_ptr<Frame> inner = make_frame(node.scope);
  for (const auto& [target, expr] : node.assignments) {
    TENFOLD_ASSIGN_OR_RETURN(const Value value, eval(*expr));
    TENFOLD_RETURN_IF_ERROR(assign(target, value, *inner));
  }
  return run_body(node.body, inner);
}

Result<Evaluator::Flow> Evaluator::run_node(const MacroStmt& node) {
  TENFOLD_RETURN_IF_ERROR(rt_.budget.step(frame_->variables.size() / 16));
  auto macro = std::make_shared<MacroObject>(&rt_.heap, *node.definition, frame_);
  frame_->set(node.name, Value(std::move(macro), Kind::kMacro));
  return Flow::kNext;
}

Result<Evaluator::Flow> Evaluator::run_node(const CallBlockStmt& node) {
  const auto& call_node = std::get<CallExpr>(node.call->node);
  TENFOLD_ASSIGN_OR_RETURN(const Value callee, eval(*call_node.callee));
  TENFOLD_ASSIGN_OR_RETURN(Arguments arguments, eval_arguments(call_node.arguments));
  for (const auto& [name, value] : arguments.keyword) {
    if (name == "caller") return invalid_argument("a call block passes caller itself");
  }
  auto caller = std::make_shared<MacroObject>(&rt_.heap, *node.caller, frame_);
  arguments.keyword.emplace_back("caller", Value(std::move(caller), Kind::kMacro));
  TENFOLD_ASSIGN_OR_RETURN(const Value value, call(callee, arguments));
  TENFOLD_RETURN_IF_ERROR(print_text(value));
  return Flow::kNext;
}

Result<Evaluator::Flow> Evaluator::run_node(const GenerationStmt& node) {
  const MacroObject macro(&rt_.heap, *node.definition, frame_);
  TENFOLD_ASSIGN_OR_RETURN(const Value value, call_macro(macro, {}));
  TENFOLD_RETURN_IF_ERROR(print(value));
  return Flow::kNext;
}

Result<Evaluator::Flow> Evaluator::run_node(const BlockStmt& node) {
  const InFrame root(*this, root_);
  return run_body(node.body, make_frame(node.scope));
}

Result<Evaluator::Flow> Evaluator::run_node(const JumpStmt& node) {
  return node.jump == Jump::kBreak ? Flow::kBreak : Flow::kContinue;
}

}  // namespace tenfold::jinja
