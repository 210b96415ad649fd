#include "jinja/compared_constants.h"

#include <algorithm>

namespace tenfold::jinja {

namespace {

// The text of a string constant; null for anything else.
const std::string* constant_text(const Expr& expr) {
  const auto* constant = std::get_if<ConstantExpr>(&expr.node);
  return constant != nullptr && constant->value.is_string() ? &constant->value.text() : nullptr;
}

class ConstantCollector {
 public:
  ConstantCollector(std::string_view name, const TemplateTree& tree) : name_(name), tree_(tree) {}

  std::vector<std::string> run() {
    for (const Expr& expr : tree_.exprs) {
      if (const auto* compare = std::get_if<CompareExpr>(&expr.node)) look(*compare);
    }
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  void look(const CompareExpr& node) {
    const Expr* left = node.first;
    for (const auto& [comparison, right] : node.rest) {
      const bool equality = comparison == Comparison::kEqual || comparison == Comparison::kNotEqual;
      const bool membership = comparison == Comparison::kIn || comparison == Comparison::kNotIn;
      if (equality && has_name(*right)) add(*left);
      if (equality && has_name(*left)) add(*right);
      if (membership && has_name(*left)) add_members(*right);
      left = right;
    }
  }

  [[nodiscard]] bool has_name(const Expr& expr) const {
    if (const auto* variable = std::get_if<NameExpr>(&expr.node)) return tree_.names[variable->name] == name_;
    if (const auto* attribute = std::get_if<AttributeExpr>(&expr.node)) return attribute->name == name_;
    const auto* item = std::get_if<ItemExpr>(&expr.node);
    const std::string* key = item == nullptr ? nullptr : constant_text(*item->key);
    return key != nullptr && *key == name_;
  }

  void add(const Expr& expr) {
    if (const std::string* text = constant_text(expr)) found_.push_back(*text);
  }
  void add_members(const Expr& expr) {
    if (const auto* sequence = std::get_if<SequenceExpr>(&expr.node)) {
      for (const ExprPtr item : sequence->items) add(*item);
    }
    if (const auto* dict = std::get_if<DictExpr>(&expr.node)) {
      for (const auto& [key, value] : dict->entries) add(*key);
    }
  }

  const std::string_view name_;
  const TemplateTree& tree_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> constants_compared_with(std::string_view name, const TemplateTree& tree) {
  return ConstantCollector(name, tree).run();
}

}  // namespace tenfold::jinja
