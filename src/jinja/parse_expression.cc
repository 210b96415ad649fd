#include "jinja/parse_expression.h"

#include <algorithm>
#include <optional>

#include "jinja/ast_children.h"
#include "jinja/filters.h"
#include "jinja/is_tests.h"

namespace tenfold::jinja {

namespace {

// Evaluation recurses as deep as the tree.
constexpr int kMaxDepth = 250;

bool is_constant_name(std::string_view name) {
  return name == "true" || name == "True" || name == "false" || name == "False" || name == "none" || name == "None";
}

Value constant_of_name(std::string_view name) {
  if (name == "none" || name == "None") return Value::none();
  return Value::boolean(name == "true" || name == "True");
}

std::optional<Comparison> comparison_of(const Token& token) {
  if (!token.is(TokenKind::kOperator)) return std::nullopt;
  if (token.text == "==") return Comparison::kEqual;
  if (token.text == "!=") return Comparison::kNotEqual;
  if (token.text == "<") return Comparison::kLess;
  if (token.text == "<=") return Comparison::kLessEqual;
  if (token.text == ">") return Comparison::kGreater;
  if (token.text == ">=") return Comparison::kGreaterEqual;
  return std::nullopt;
}

std::optional<BinaryOperator> product_operator(const Token& token) {
  if (token.is_operator("*")) return BinaryOperator::kMultiply;
  if (token.is_operator("/")) return BinaryOperator::kDivide;
  if (token.is_operator("//")) return BinaryOperator::kFloorDivide;
  if (token.is_operator("%")) return BinaryOperator::kModulo;
  return std::nullopt;
}

}  // namespace

Result<ExprPtr> ExpressionParser::make(int line, ExprNode node) {
  Expr& expr = state_.exprs.emplace_back(Expr{line, 0, std::move(node)});
  int deepest = 0;
  for_each_child(expr, [&](const Expr& child) { deepest = std::max(deepest, child.depth); });
  expr.depth = deepest + 1;
  if (expr.depth > kMaxDepth) {
    return resource_exhausted("line ", line, ": expression deeper than ", kMaxDepth, " levels");
  }
  return ExprPtr(&expr);
}

Result<ExprPtr> ExpressionParser::expression() {
  const NestingScope nesting(state_);
  TENFOLD_RETURN_IF_ERROR(nesting.status());
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr yes, logic(Logic::kOr));
  while (tokens_.current().is_name("if")) {
    const int line = tokens_.next().line;
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr test, logic(Logic::kOr));
    ExprPtr no = nullptr;
    if (tokens_.skip_name("else")) {
      TENFOLD_ASSIGN_OR_RETURN(no, expression());
    }
    TENFOLD_ASSIGN_OR_RETURN(yes, make(line, ConditionalExpr{std::move(test), std::move(yes), std::move(no)}));
  }
  return yes;
}

Result<ExprPtr> ExpressionParser::expression_without_conditional() {
  const NestingScope nesting(state_);
  TENFOLD_RETURN_IF_ERROR(nesting.status());
  return logic(Logic::kOr);
}

bool ExpressionParser::at_tuple_end(std::string_view stop) const {
  const Token& token = tokens_.current();
  return token.is(TokenKind::kVariableEnd) || token.is(TokenKind::kBlockEnd) || token.is_operator(")") ||
         (!stop.empty() && token.is_name(stop));
}

Result<ExprPtr> ExpressionParser::tuple_or_expression(Conditional conditional, std::string_view stop) {
  const int line = tokens_.current().line;
  std::vector<ExprPtr> items;
  bool is_tuple = false;
  while (!at_tuple_end(stop)) {
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr item,
                             conditional == Conditional::kAllowed ? expression() : expression_without_conditional());
    items.push_back(std::move(item));
    if (!tokens_.skip_operator(",")) break;
    is_tuple = true;
  }
  if (items.empty()) return tokens_.fail("expected an expression");
  if (!is_tuple) return std::move(items[0]);
  return make(line, SequenceExpr{Kind::kTuple, std::move(items)});
}

Result<ExprPtr> ExpressionParser::logic(Logic kind) {
  const bool is_or = kind == Logic::kOr;
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr left, is_or ? logic(Logic::kAnd) : negation());
  while (tokens_.current().is_name(is_or ? "or" : "and")) {
    const int line = tokens_.next().line;
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr right, is_or ? logic(Logic::kAnd) : negation());
    TENFOLD_ASSIGN_OR_RETURN(left, make(line, LogicExpr{kind, std::move(left), std::move(right)}));
  }
  return left;
}

Result<ExprPtr> ExpressionParser::negation() {
  if (!tokens_.current().is_name("not")) return comparison();
  const NestingScope nesting(state_);
  TENFOLD_RETURN_IF_ERROR(nesting.status());
  const int line = tokens_.next().line;
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr operand, negation());
  return make(line, NotExpr{std::move(operand)});
}

Result<ExprPtr> ExpressionParser::comparison() {
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr first, sum());
  const int line = tokens_.current().line;
  std::vector<std::pair<Comparison, ExprPtr>> rest;
  while (true) {
    std::optional<Comparison> kind = comparison_of(tokens_.current());
    if (kind) {
      tokens_.next();
    } else if (tokens_.skip_name("in")) {
      kind = Comparison::kIn;
    } else if (tokens_.current().is_name("not") && tokens_.look().is_name("in")) {
      tokens_.next();
      tokens_.next();
      kind = Comparison::kNotIn;
    } else {
      break;
    }
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr operand, sum());
    rest.emplace_back(*kind, std::move(operand));
  }
  if (rest.empty()) return first;
  return make(line, CompareExpr{std::move(first), std::move(rest)});
}

Result<ExprPtr> ExpressionParser::sum() {
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr left, concatenation());
  while (tokens_.current().is_operator("+") || tokens_.current().is_operator("-")) {
    const Token& token = tokens_.next();
    const BinaryOperator op = token.text == "+" ? BinaryOperator::kAdd : BinaryOperator::kSubtract;
    const int line = token.line;
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr right, concatenation());
    TENFOLD_ASSIGN_OR_RETURN(left, make(line, BinaryExpr{op, std::move(left), std::move(right)}));
  }
  return left;
}

Result<ExprPtr> ExpressionParser::concatenation() {
  const int line = tokens_.current().line;
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr first, product());
  if (!tokens_.current().is_operator("~")) return first;
  std::vector<ExprPtr> parts;
  parts.push_back(std::move(first));
  while (tokens_.skip_operator("~")) {
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr part, product());
    parts.push_back(std::move(part));
  }
  return make(line, ConcatExpr{std::move(parts)});
}

Result<ExprPtr> ExpressionParser::product() {
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr left, power());
  while (const auto op = product_operator(tokens_.current())) {
    const int line = tokens_.next().line;
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr right, power());
    TENFOLD_ASSIGN_OR_RETURN(left, make(line, BinaryExpr{*op, std::move(left), std::move(right)}));
  }
  return left;
}

// Unlike in Python, a ** b ** c is (a ** b) ** c and a sign binds tighter.
Result<ExprPtr> ExpressionParser::power() {
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr left, unary(Filters::kAllowed));
  while (tokens_.current().is_operator("**")) {
    const int line = tokens_.next().line;
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr right, unary(Filters::kAllowed));
    TENFOLD_ASSIGN_OR_RETURN(left, make(line, BinaryExpr{BinaryOperator::kPower, std::move(left), std::move(right)}));
  }
  return left;
}

Result<ExprPtr> ExpressionParser::unary(Filters filters) {
  const Token& token = tokens_.current();
  ExprPtr expr = nullptr;
  if (token.is_operator("-") || token.is_operator("+")) {
    const NestingScope nesting(state_);
    TENFOLD_RETURN_IF_ERROR(nesting.status());
    const Sign sign = token.text == "-" ? Sign::kMinus : Sign::kPlus;
    const int line = tokens_.next().line;
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr operand, unary(Filters::kNot));
    TENFOLD_ASSIGN_OR_RETURN(expr, make(line, SignExpr{sign, std::move(operand)}));
  } else {
    TENFOLD_ASSIGN_OR_RETURN(expr, primary());
  }
  TENFOLD_ASSIGN_OR_RETURN(expr, postfix(std::move(expr)));
  if (filters == Filters::kNot) return expr;
  return filters_and_tests(std::move(expr));
}

Result<ExprPtr> ExpressionParser::primary() {
  const Token& token = tokens_.current();
  const int line = token.line;
  switch (token.kind) {
    case TokenKind::kName:
      tokens_.next();
      if (is_constant_name(token.text)) return make(line, ConstantExpr{constant_of_name(token.text)});
      return make(line, NameExpr{state_.name_id(token.text)});
    case TokenKind::kString: {
      std::string text;
      while (tokens_.current().is(TokenKind::kString)) text += tokens_.next().text;
      return make(line, ConstantExpr{make_string(nullptr, MarkedView::written(text))});
    }
    case TokenKind::kInteger: return make(line, ConstantExpr{make_integer(nullptr, tokens_.next().text)});
    case TokenKind::kFloat: return make(line, ConstantExpr{Value::real(tokens_.next().real)});
    case TokenKind::kOperator:
      if (token.text == "(") return parenthesized();
      if (token.text == "[") return list();
      if (token.text == "{") return dict();
      break;
    default: break;
  }
  return tokens_.fail("expected an expression, found '", printable(token.text), "'");
}

Result<ExprPtr> ExpressionParser::parenthesized() {
  const int line = tokens_.next().line;
  if (tokens_.skip_operator(")")) return make(line, SequenceExpr{Kind::kTuple, {}});
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr inside, tuple_or_expression(Conditional::kAllowed));
  TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator(")"));
  return inside;
}

Result<ExprPtr> ExpressionParser::list() {
  const int line = tokens_.next().line;
  std::vector<ExprPtr> items;
  while (!tokens_.current().is_operator("]")) {
    if (!items.empty()) {
      TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator(","));
      if (tokens_.current().is_operator("]")) break;
    }
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr item, expression());
    items.push_back(std::move(item));
  }
  tokens_.next();
  return make(line, SequenceExpr{Kind::kList, std::move(items)});
}

Result<ExprPtr> ExpressionParser::dict() {
  const int line = tokens_.next().line;
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
  while (!tokens_.current().is_operator("}")) {
    if (!entries.empty()) {
      TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator(","));
      if (tokens_.current().is_operator("}")) break;
    }
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr key, expression());
    TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator(":"));
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr value, expression());
    entries.emplace_back(std::move(key), std::move(value));
  }
  tokens_.next();
  return make(line, DictExpr{std::move(entries)});
}

Result<ExprPtr> ExpressionParser::postfix(ExprPtr expr) {
  while (true) {
    if (tokens_.current().is_operator(".") || tokens_.current().is_operator("[")) {
      TENFOLD_ASSIGN_OR_RETURN(expr, subscript(std::move(expr)));
    } else if (tokens_.current().is_operator("(")) {
      TENFOLD_ASSIGN_OR_RETURN(expr, call(std::move(expr)));
    } else {
      return expr;
    }
  }
}

Result<ExprPtr> ExpressionParser::filters_and_tests(ExprPtr expr) {
  while (true) {
    if (tokens_.skip_operator("|")) {
      const int line = tokens_.current().line;
      TENFOLD_ASSIGN_OR_RETURN(FilterStep step, filter_step());
      TENFOLD_ASSIGN_OR_RETURN(expr, make(line, FilterExpr{std::move(expr), std::move(step)}));
    } else if (tokens_.current().is_name("is")) {
      TENFOLD_ASSIGN_OR_RETURN(expr, test(std::move(expr)));
    } else if (tokens_.current().is_operator("(")) {
      TENFOLD_ASSIGN_OR_RETURN(expr, call(std::move(expr)));
    } else {
      return expr;
    }
  }
}

Result<ExprPtr> ExpressionParser::subscript(ExprPtr object) {
  const int line = tokens_.current().line;
  if (tokens_.skip_operator(".")) {
    const Token& token = tokens_.next();
    if (token.is(TokenKind::kName)) return make(line, AttributeExpr{std::move(object), token.text});
    if (!token.is(TokenKind::kInteger)) return tokens_.fail("expected a name or number after '.'");
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr index, make(line, ConstantExpr{make_integer(nullptr, token.text)}));
    return make(line, ItemExpr{std::move(object), std::move(index)});
  }
  tokens_.next();
  std::vector<ExprPtr> keys;  // object[a, b] looks for a tuple
  bool is_tuple = false;
  ExprPtr bounds[3] = {};
  int n_colons = 0;
  while (!tokens_.current().is_operator("]")) {
    if (tokens_.skip_operator(":")) {
      if (++n_colons > 2 || is_tuple) return tokens_.fail("expected ']'");
      continue;
    }
    if (bounds[n_colons] != nullptr) {
      if (n_colons > 0) return unsupported("line ", line, ": several subscripts in one [] are not supported");
      TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator(","));
      keys.push_back(std::move(bounds[0]));
      is_tuple = true;
    }
    TENFOLD_ASSIGN_OR_RETURN(bounds[n_colons], expression());
  }
  tokens_.next();
  if (n_colons > 0) {
    return make(line, SliceExpr{std::move(object), std::move(bounds[0]), std::move(bounds[1]), std::move(bounds[2])});
  }
  if (bounds[0] == nullptr) return tokens_.fail("expected a subscript");
  if (!is_tuple) return make(line, ItemExpr{std::move(object), std::move(bounds[0])});
  keys.push_back(std::move(bounds[0]));
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr key, make(line, SequenceExpr{Kind::kTuple, std::move(keys)}));
  return make(line, ItemExpr{std::move(object), std::move(key)});
}

Result<ExprPtr> ExpressionParser::call(ExprPtr callee) {
  const int line = tokens_.current().line;
  TENFOLD_ASSIGN_OR_RETURN(CallArguments arguments, call_arguments());
  return make(line, CallExpr{std::move(callee), std::move(arguments)});
}

Status ExpressionParser::keyword_argument(CallArguments& arguments) {
  const std::string name = tokens_.next().text;
  tokens_.next();
  if (arguments.keyword.size() == kMaxNames) {
    return resource_exhausted("line ", tokens_.current().line, ": more than ", kMaxNames, " keyword arguments");
  }
  for (const auto& [other, value] : arguments.keyword) {
    if (other == name) return tokens_.fail("keyword argument '", name, "' repeated");
  }
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr value, expression());
  arguments.keyword.emplace_back(name, std::move(value));
  return {};
}

Result<CallArguments> ExpressionParser::call_arguments() {
  TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator("("));
  CallArguments arguments;
  bool first = true;
  while (!tokens_.current().is_operator(")")) {
    if (!std::exchange(first, false)) {
      TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator(","));
      if (tokens_.current().is_operator(")")) break;
    }
    const bool after_star = arguments.star != nullptr || arguments.double_star != nullptr;
    if (tokens_.skip_operator("*")) {
      if (after_star) return tokens_.fail("misplaced * argument");
      TENFOLD_ASSIGN_OR_RETURN(arguments.star, expression());
    } else if (tokens_.skip_operator("**")) {
      if (arguments.double_star != nullptr) return tokens_.fail("misplaced ** argument");
      TENFOLD_ASSIGN_OR_RETURN(arguments.double_star, expression());
    } else if (tokens_.current().is(TokenKind::kName) && tokens_.look().is_operator("=")) {
      if (arguments.double_star != nullptr) return tokens_.fail("keyword argument after **");
      TENFOLD_RETURN_IF_ERROR(keyword_argument(arguments));
    } else {
      if (after_star || !arguments.keyword.empty()) return tokens_.fail("positional argument after keyword argument");
      TENFOLD_ASSIGN_OR_RETURN(ExprPtr value, expression());
      arguments.positional.push_back(std::move(value));
    }
  }
  tokens_.next();
  return arguments;
}

Result<std::string> ExpressionParser::dotted_name() {
  std::string name = tokens_.current().text;
  TENFOLD_RETURN_IF_ERROR(tokens_.expect(TokenKind::kName, "a name"));
  while (tokens_.skip_operator(".")) {
    name.append(1, '.').append(tokens_.current().text);
    TENFOLD_RETURN_IF_ERROR(tokens_.expect(TokenKind::kName, "a name"));
  }
  return name;
}

Result<FilterStep> ExpressionParser::filter_step() {
  const int line = tokens_.current().line;
  TENFOLD_ASSIGN_OR_RETURN(std::string name, dotted_name());
  const NativeSpec* spec = find_filter(name);
  CallArguments arguments;
  if (tokens_.current().is_operator("(")) {
    TENFOLD_ASSIGN_OR_RETURN(arguments, call_arguments());
  }
  return FilterStep{std::move(name), spec, std::move(arguments), line};
}

Result<std::vector<FilterStep>> ExpressionParser::filter_chain(FirstBar first_bar) {
  std::vector<FilterStep> steps;
  if (first_bar == FirstBar::kOmitted) {
    TENFOLD_ASSIGN_OR_RETURN(FilterStep step, filter_step());
    steps.push_back(std::move(step));
  }
  while (tokens_.skip_operator("|")) {
    TENFOLD_ASSIGN_OR_RETURN(FilterStep step, filter_step());
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<ExprPtr> ExpressionParser::test(ExprPtr input) {
  const int line = tokens_.next().line;
  const bool negated = tokens_.skip_name("not");
  TENFOLD_ASSIGN_OR_RETURN(std::string name, dotted_name());
  const NativeSpec* spec = find_test(name);
  CallArguments arguments;
  const Token& token = tokens_.current();
  const bool ends = token.is_name("else") || token.is_name("or") || token.is_name("and");
  const bool starts_argument = token.is(TokenKind::kName) || token.is(TokenKind::kString) ||
                               token.is(TokenKind::kInteger) || token.is(TokenKind::kFloat) || token.is_operator("[") ||
                               token.is_operator("{");
  if (token.is_operator("(")) {
    TENFOLD_ASSIGN_OR_RETURN(arguments, call_arguments());
  } else if (starts_argument && !ends) {
    if (token.is_name("is")) return tokens_.fail("tests cannot be chained with is");
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr argument, primary());
    TENFOLD_ASSIGN_OR_RETURN(argument, postfix(std::move(argument)));
    arguments.positional.push_back(std::move(argument));
  }
  TENFOLD_ASSIGN_OR_RETURN(ExprPtr tested,
                           make(line, TestExpr{std::move(input), {name, spec, std::move(arguments), line}}));
  if (!negated) return tested;
  return make(line, NotExpr{std::move(tested)});
}

Result<NameId> ExpressionParser::name_target() {
  const std::string name = tokens_.current().text;
  TENFOLD_RETURN_IF_ERROR(tokens_.expect(TokenKind::kName, "a name"));
  if (is_constant_name(name)) return tokens_.fail("cannot assign to '", name, "'");
  return state_.name_id(name);
}

Result<Target> ExpressionParser::single_target(NamespaceAttributes attributes) {
  const NestingScope nesting(state_);
  TENFOLD_RETURN_IF_ERROR(nesting.status());
  Target target;
  if (tokens_.skip_operator("(")) {
    TENFOLD_ASSIGN_OR_RETURN(target, this->target(attributes));
    TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator(")"));
    return target;
  }
  TENFOLD_ASSIGN_OR_RETURN(target.name, name_target());
  if (attributes == NamespaceAttributes::kAllowed && tokens_.skip_operator(".")) {
    target.sort = Target::Sort::kNamespaceAttribute;
    target.attribute = tokens_.current().text;
    TENFOLD_RETURN_IF_ERROR(tokens_.expect(TokenKind::kName, "the name of an attribute"));
  }
  return target;
}

Result<Target> ExpressionParser::target(NamespaceAttributes attributes, std::string_view stop) {
  Target tuple;
  tuple.sort = Target::Sort::kTuple;
  bool is_tuple = false;
  while (!at_tuple_end(stop)) {
    TENFOLD_ASSIGN_OR_RETURN(Target item, single_target(attributes));
    tuple.items.push_back(std::move(item));
    if (!tokens_.skip_operator(",")) break;
    is_tuple = true;
  }
  if (tuple.items.empty()) return tokens_.fail("expected a name to assign to");
  if (!is_tuple) return std::move(tuple.items[0]);
  return tuple;
}

}  // namespace tenfold::jinja
