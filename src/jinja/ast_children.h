// Walking over the tree: the expressions directly below an expression.
#pragma once

#include "jinja/ast.h"

namespace tenfold::jinja {

template <typename Visit>
struct ChildVisitor {
  Visit& visit;

  void one(const ExprPtr& expr) {
    if (expr != nullptr) visit(*expr);
  }
  void all(const std::vector<ExprPtr>& exprs) {
    for (const ExprPtr& expr : exprs) one(expr);
  }
  void arguments(const CallArguments& arguments) {
    all(arguments.positional);
    for (const auto& [name, value] : arguments.keyword) one(value);
    one(arguments.star);
    one(arguments.double_star);
  }

  void operator()(const ConstantExpr&) {}
  void operator()(const NameExpr&) {}
  void operator()(const SequenceExpr& node) { all(node.items); }
  void operator()(const DictExpr& node) {
    for (const auto& [key, value] : node.entries) {
      one(key);
      one(value);
    }
  }
  void operator()(const NotExpr& node) { one(node.operand); }
  void operator()(const SignExpr& node) { one(node.operand); }
  void operator()(const BinaryExpr& node) {
    one(node.left);
    one(node.right);
  }
  void operator()(const LogicExpr& node) {
    one(node.left);
    one(node.right);
  }
  void operator()(const CompareExpr& node) {
    one(node.first);
    for (const auto& [comparison, operand] : node.rest) one(operand);
  }
  void operator()(const ConcatExpr& node) { all(node.parts); }
  void operator()(const ConditionalExpr& node) {
    one(node.test);
    one(node.yes);
    one(node.no);
  }
  void operator()(const AttributeExpr& node) { one(node.object); }
  void operator()(const ItemExpr& node) {
    one(node.object);
    one(node.key);
  }
  void operator()(const SliceExpr& node) {
    one(node.object);
    one(node.start);
    one(node.stop);
    one(node.step);
  }
  void operator()(const CallExpr& node) {
    one(node.callee);
    arguments(node.arguments);
  }
  void operator()(const FilterExpr& node) {
    one(node.input);
    arguments(node.step.arguments);
  }
  void operator()(const TestExpr& node) {
    one(node.input);
    arguments(node.step.arguments);
  }
};

// Calls visit(const Expr&) for every expression directly below.
template <typename Visit>
void for_each_child(const Expr& expr, Visit visit) {
  std::visit(ChildVisitor<Visit>{visit}, expr.node);
}

template <typename Visit>
void for_each_argument(const CallArguments& arguments, Visit visit) {
  ChildVisitor<Visit>{visit}.arguments(arguments);
}

// Calls visit(const Expr&) for the expression and every one below it, without recursion.
template <typename Visit>
void for_each_below(const Expr& expr, Visit visit) {
  std::vector<const Expr*> pending = {&expr};
  while (!pending.empty()) {
    const Expr& next = *pending.back();
    pending.pop_back();
    visit(next);
    for_each_child(next, [&](const Expr& child) { pending.push_back(&child); });
  }
}

}  // namespace tenfold::jinja
