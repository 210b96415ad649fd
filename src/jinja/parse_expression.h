// The expression half of the parser.
#pragma once

#include "jinja/token_stream.h"

namespace tenfold::jinja {

class ExpressionParser {
 public:
  explicit ExpressionParser(ParseState& state) : state_(state), tokens_(state.tokens) {}

  // One expression, with or without `a if b else c`.
  Result<ExprPtr> expression();
  Result<ExprPtr> expression_without_conditional();
  // One expression, or a tuple of several. `stop` is a name that ends the tuple ("" for none).
  enum class Conditional { kAllowed, kNot };
  Result<ExprPtr> tuple_or_expression(Conditional conditional, std::string_view stop = "");

  // A name, `namespace.attribute` where allowed, or several of them.
  enum class NamespaceAttributes { kAllowed, kNot };
  Result<Target> target(NamespaceAttributes attributes, std::string_view stop = "");
  Result<NameId> name_target();

  // A chain of `| name(…)`; `first_without_bar` for {% filter name %}.
  enum class FirstBar { kRequired, kOmitted };
  Result<std::vector<FilterStep>> filter_chain(FirstBar first_bar);

 private:
  Result<ExprPtr> logic(Logic logic);
  Result<ExprPtr> negation();
  Result<ExprPtr> comparison();
  Result<ExprPtr> sum();
  Result<ExprPtr> concatenation();
  Result<ExprPtr> product();
  Result<ExprPtr> power();
  enum class Filters { kAllowed, kNot };
  Result<ExprPtr> unary(Filters filters);
  Result<ExprPtr> primary();
  Result<ExprPtr> parenthesized();
  Result<ExprPtr> list();
  Result<ExprPtr> dict();
  Result<ExprPtr> postfix(ExprPtr expr);
  Result<ExprPtr> filters_and_tests(ExprPtr expr);
  Result<ExprPtr> subscript(ExprPtr object);
  Result<ExprPtr> call(ExprPtr callee);
  Result<ExprPtr> test(ExprPtr input);
  Result<CallArguments> call_arguments();
  Status keyword_argument(CallArguments& arguments);
  Result<FilterStep> filter_step();
  Result<std::string> dotted_name();
  Result<Target> single_target(NamespaceAttributes attributes);
  bool at_tuple_end(std::string_view stop) const;

  Result<ExprPtr> make(int line, ExprNode node);

  ParseState& state_;
  TokenStream& tokens_;
};

}  // namespace tenfold::jinja
