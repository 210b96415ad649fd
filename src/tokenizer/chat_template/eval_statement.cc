#include "base/error.h"
#include "tokenizer/chat_template/evaluator.h"
#include "tokenizer/chat_template/text.h"

namespace tenfold::jinja {

Result<std::string> Evaluator::run() {
  std::string out;
  out_ = &out;
  root_ = make_frame(tree_.scope);
  const Result<Flow> flow = run_body(tree_.body, root_);
  if (flow.ok()) return out;
  return error_line_ == 0 ? flow.status() : flow.status().with_context(cat("line ", error_line_));
}

std::shared_ptr<Frame> Evaluator::make_frame(const Scope& scope) {
  auto frame = std::make_shared<Frame>(rt_.heap, frame_);
  frame->enter(scope);
  return frame;
}

Result<Evaluator::Flow> Evaluator::run_body(const Body& body, std::shared_ptr<Frame> frame) {
  const std::shared_ptr<Frame> outer = std::exchange(frame_, std::move(frame));
  Result<Flow> flow = run_statements(body);
  frame_ = outer;
  return flow;
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

Status Evaluator::write(std::string_view text) {
  TENFOLD_RETURN_IF_ERROR(rt_.budget.output(text.size()));
  out_->append(text);
  return {};
}

Result<Evaluator::Captured> Evaluator::capture(const Body& body, std::shared_ptr<Frame> frame) {
  Captured captured{"", Flow::kNext};
  std::string* const outer = std::exchange(out_, &captured.text);
  const Result<Flow> flow = run_body(body, std::move(frame));
  out_ = outer;
  if (!flow.ok()) return flow.status();
  rt_.budget.output_captured(captured.text.size());
  captured.flow = *flow;
  return captured;
}

Result<Value> Evaluator::apply_filters(const std::vector<FilterStep>& steps, std::string text) {
  Value value = make_string(&rt_.heap, std::move(text));
  for (const FilterStep& step : steps) {
    TENFOLD_ASSIGN_OR_RETURN(const Arguments arguments, eval_arguments(step.arguments));
    TENFOLD_ASSIGN_OR_RETURN(value, call_native(rt_, *step.spec, value, arguments));
  }
  return value;
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
  TENFOLD_RETURN_IF_ERROR(write(node.text.text()));
  return Flow::kNext;
}

Result<Evaluator::Flow> Evaluator::run_node(const PrintStmt& node) {
  TENFOLD_ASSIGN_OR_RETURN(const Value value, eval(*node.value));
  if (value.is_string()) {
    TENFOLD_RETURN_IF_ERROR(write(value.text()));
    return Flow::kNext;
  }
  TENFOLD_ASSIGN_OR_RETURN(const std::string text, to_text(rt_, value));
  TENFOLD_RETURN_IF_ERROR(write(text));
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
  const std::shared_ptr<Frame> inner = make_frame(node.scope);
  TENFOLD_ASSIGN_OR_RETURN(Captured captured, capture(node.body, inner));
  if (captured.flow != Flow::kNext) return captured.flow;
  const std::shared_ptr<Frame> outer = std::exchange(frame_, inner);
  Result<Value> value = apply_filters(node.filters, std::move(captured.text));
  frame_ = outer;
  TENFOLD_RETURN_IF_ERROR(value.status());
  TENFOLD_RETURN_IF_ERROR(assign(node.target, *value, *frame_));
  return Flow::kNext;
}

Result<Evaluator::Flow> Evaluator::run_node(const FilterBlockStmt& node) {
  const std::shared_ptr<Frame> inner = make_frame(node.scope);
  TENFOLD_ASSIGN_OR_RETURN(Captured captured, capture(node.body, inner));
  if (captured.flow != Flow::kNext) return captured.flow;
  const std::shared_ptr<Frame> outer = std::exchange(frame_, inner);
  Result<Value> value = apply_filters(node.filters, std::move(captured.text));
  frame_ = outer;
  TENFOLD_RETURN_IF_ERROR(value.status());
  TENFOLD_ASSIGN_OR_RETURN(const std::string text, to_text(rt_, *value));
  TENFOLD_RETURN_IF_ERROR(write(text));
  return Flow::kNext;
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
  TENFOLD_ASSIGN_OR_RETURN(const std::string text, to_text(rt_, value));
  TENFOLD_RETURN_IF_ERROR(write(text));
  return Flow::kNext;
}

Result<Evaluator::Flow> Evaluator::run_node(const ScopeStmt& node) {
  // A block sees the variables of the template, not those of the loops around it.
  const std::shared_ptr<Frame> outer = frame_;
  if (node.is_block) frame_ = root_;
  const std::shared_ptr<Frame> inner = make_frame(node.scope);
  frame_ = outer;
  return run_body(node.body, inner);
}

Result<Evaluator::Flow> Evaluator::run_node(const JumpStmt& node) {
  return node.jump == Jump::kBreak ? Flow::kBreak : Flow::kContinue;
}

}  // namespace tenfold::jinja
