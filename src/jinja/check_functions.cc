#include "jinja/check_functions.h"

#include "base/error.h"
#include "jinja/ast_children.h"
#include "jinja/filters.h"
#include "jinja/is_tests.h"

namespace tenfold::jinja {

namespace {

// Whether the code certainly runs when its surroundings do.
enum class Runs { kAlways, kMaybe };

Status check_body(const Body& body, Runs runs);

Status check_one(const Expr& expr) {
  const auto* filter = std::get_if<FilterExpr>(&expr.node);
  if (filter != nullptr && filter->step.spec == nullptr) {
    return no_such_filter(filter->step.name).with_context(cat("line ", filter->step.line));
  }
  const auto* test = std::get_if<TestExpr>(&expr.node);
  if (test != nullptr && test->step.spec == nullptr) {
    return no_such_test(test->step.name).with_context(cat("line ", test->step.line));
  }
  return {};
}

// What lies below a conditional may not run.
Status check_expr(const Expr& expr, Runs runs) {
  if (runs == Runs::kMaybe) return {};
  std::vector<const Expr*> pending = {&expr};
  while (!pending.empty()) {
    const Expr& next = *pending.back();
    pending.pop_back();
    TENFOLD_RETURN_IF_ERROR(check_one(next));
    if (std::holds_alternative<ConditionalExpr>(next.node)) continue;
    for_each_child(next, [&](const Expr& child) { pending.push_back(&child); });
  }
  return {};
}

Status check_chain(const std::vector<FilterStep>& steps) {
  for (const FilterStep& step : steps) {
    if (step.spec == nullptr) return no_such_filter(step.name).with_context(cat("line ", step.line));
  }
  return {};
}

Status check_macro(const MacroDefinition& macro) {
  for (const ExprPtr& value : macro.defaults) TENFOLD_RETURN_IF_ERROR(check_expr(*value, Runs::kAlways));
  return check_body(macro.body, Runs::kAlways);
}

// Loops, macros and blocks start afresh: what they hold certainly runs when they do.
struct StatementChecker {
  Runs runs;

  Status operator()(const TextStmt&) { return {}; }
  Status operator()(const JumpStmt&) { return {}; }
  Status operator()(const PrintStmt& node) { return check_expr(*node.value, runs); }
  Status operator()(const SetStmt& node) { return check_expr(*node.value, runs); }
  Status operator()(const MacroStmt& node) { return check_macro(*node.definition); }
  Status operator()(const GenerationStmt& node) { return check_macro(*node.definition); }
  Status operator()(const BlockStmt& node) { return check_body(node.body, Runs::kAlways); }
  Status operator()(const IfStmt& node) {
    for (const IfStmt::Branch& branch : node.branches) {
      TENFOLD_RETURN_IF_ERROR(check_expr(*branch.test, Runs::kMaybe));
      TENFOLD_RETURN_IF_ERROR(check_body(branch.body, Runs::kMaybe));
    }
    return check_body(node.otherwise, Runs::kMaybe);
  }
  Status operator()(const ForStmt& node) {
    TENFOLD_RETURN_IF_ERROR(check_expr(*node.iterable, runs));
    if (node.filter != nullptr) TENFOLD_RETURN_IF_ERROR(check_expr(*node.filter, Runs::kAlways));
    TENFOLD_RETURN_IF_ERROR(check_body(node.body, Runs::kAlways));
    return check_body(node.otherwise, Runs::kAlways);
  }
  Status operator()(const SetBlockStmt& node) {
    TENFOLD_RETURN_IF_ERROR(check_chain(node.filters));
    return check_body(node.body, Runs::kAlways);
  }
  Status operator()(const FilterBlockStmt& node) {
    TENFOLD_RETURN_IF_ERROR(check_chain(node.filters));
    return check_body(node.body, Runs::kAlways);
  }
  Status operator()(const WithStmt& node) {
    for (const auto& [target, value] : node.assignments) TENFOLD_RETURN_IF_ERROR(check_expr(*value, runs));
    return check_body(node.body, Runs::kAlways);
  }
  Status operator()(const CallBlockStmt& node) {
    TENFOLD_RETURN_IF_ERROR(check_expr(*node.call, runs));
    return check_macro(*node.caller);
  }
};

Status check_body(const Body& body, Runs runs) {
  for (const Stmt& stmt : body) TENFOLD_RETURN_IF_ERROR(std::visit(StatementChecker{runs}, stmt.node));
  return {};
}

}  // namespace

Status check_functions(const Body& body) { return check_body(body, Runs::kAlways); }

}  // namespace tenfold::jinja
