#include "jinja/parse_template.h"

#include <initializer_list>
#include <string>
#include <unordered_set>

#include "jinja/check_functions.h"
#include "jinja/parse_expression.h"
#include "jinja/resolve_scopes.h"

namespace tenfold::jinja {

namespace {

using NamespaceAttributes = ExpressionParser::NamespaceAttributes;
using Conditional = ExpressionParser::Conditional;

class StatementParser {
 public:
  explicit StatementParser(ParseState& state) : state_(state), tokens_(state.tokens), expressions_(state) {}

  Result<Body> whole_template() {
    TENFOLD_ASSIGN_OR_RETURN(Body body, statements_until({}));
    return body;
  }

 private:
  // Statements up to a tag with one of these names, which stays; {} means the end of the template.
  Result<Body> statements_until(std::initializer_list<std::string_view> ends) {
    const NestingScope nesting(state_);
    TENFOLD_RETURN_IF_ERROR(nesting.status());
    Body body;
    while (!tokens_.current().is(TokenKind::kEnd)) {
      const int line = tokens_.current().line;
      if (tokens_.current().is(TokenKind::kData)) {
        body.push_back({line, TextStmt{make_string(nullptr, MarkedView::written(tokens_.next().text))}});
        continue;
      }
      if (tokens_.current().is(TokenKind::kVariableBegin)) {
        tokens_.next();
        TENFOLD_ASSIGN_OR_RETURN(ExprPtr value, expressions_.tuple_or_expression(Conditional::kAllowed));
        TENFOLD_RETURN_IF_ERROR(tokens_.expect(TokenKind::kVariableEnd, "the end of the print statement"));
        body.push_back({line, PrintStmt{std::move(value)}});
        continue;
      }
      tokens_.next();  // {%
      for (const std::string_view end : ends) {
        if (tokens_.current().is_name(end)) return body;
      }
      TENFOLD_RETURN_IF_ERROR(statement(line, body));
      TENFOLD_RETURN_IF_ERROR(tokens_.expect(TokenKind::kBlockEnd, "the end of the statement"));
    }
    if (ends.size() != 0) return tokens_.fail("unexpected end of the template, expected '", *(ends.end() - 1), "'");
    return body;
  }

  // The body of a tag: after its own end, up to one of the end tags.
  Result<Body> block_until(std::initializer_list<std::string_view> ends) {
    tokens_.skip_operator(":");
    TENFOLD_RETURN_IF_ERROR(tokens_.expect(TokenKind::kBlockEnd, "the end of the statement"));
    return statements_until(ends);
  }
  // A body with a single end tag, which is consumed.
  Result<Body> block(std::string_view end) {
    TENFOLD_ASSIGN_OR_RETURN(Body body, block_until({end}));
    tokens_.next();
    return body;
  }

  // Bodies that Jinja compiles into functions: a break in them ends no loop outside.
  Result<Body> function_block(std::string_view end) {
    const int loops = std::exchange(state_.loops, 0);
    Result<Body> body = block(end);
    state_.loops = loops;
    return body;
  }
  Status statement(int line, Body& body) {
    const Token& token = tokens_.current();
    if (!token.is(TokenKind::kName)) return tokens_.fail("expected the name of a tag");
    const std::string& name = token.text;
    if (name == "if") return add(line, body, if_statement());
    if (name == "for") return add(line, body, for_statement());
    if (name == "set") return set_statement(line, body);
    if (name == "macro") return add(line, body, macro_statement());
    if (name == "call") return add(line, body, call_block());
    if (name == "filter") return add(line, body, filter_block());
    if (name == "with") return add(line, body, with_statement());
    if (name == "generation") return add(line, body, generation());
    if (name == "block") return add(line, body, named_block());
    if (name == "print") return print_statement(line, body);
    if (name == "break" || name == "continue") return jump(line, body);
    for (const std::string_view missing :
         {"include", "import", "from", "extends", "autoescape", "do", "trans", "debug"}) {
      if (name == missing) return unsupported("line ", line, ": tag '", name, "' is not supported");
    }
    return tokens_.fail("unknown tag '", printable(name), "'");
  }

  template <typename Node>
  Status add(int line, Body& body, Result<Node> node) {
    TENFOLD_RETURN_IF_ERROR(node.status());
    body.push_back({line, std::move(node).value()});
    return {};
  }

  Result<IfStmt> if_statement() {
    IfStmt result;
    while (!tokens_.current().is_name("endif")) {
      if (tokens_.next().text == "else") {
        TENFOLD_ASSIGN_OR_RETURN(result.otherwise, block_until({"endif"}));
        break;
      }
      TENFOLD_ASSIGN_OR_RETURN(ExprPtr test, expressions_.tuple_or_expression(Conditional::kNot));
      TENFOLD_ASSIGN_OR_RETURN(Body body, block_until({"elif", "else", "endif"}));
      result.branches.push_back({std::move(test), std::move(body)});
    }
    tokens_.next();
    return result;
  }

  Result<ForStmt> for_statement() {
    tokens_.next();
    ForStmt result;
    TENFOLD_ASSIGN_OR_RETURN(result.target, expressions_.target(NamespaceAttributes::kNot, "in"));
    TENFOLD_RETURN_IF_ERROR(reject_loop_target(result.target));
    TENFOLD_RETURN_IF_ERROR(tokens_.expect_name("in"));
    TENFOLD_ASSIGN_OR_RETURN(result.iterable, expressions_.tuple_or_expression(Conditional::kNot, "recursive"));
    if (tokens_.skip_name("if")) {
      TENFOLD_ASSIGN_OR_RETURN(result.filter, expressions_.expression());
    }
    result.recursive = tokens_.skip_name("recursive");
    ++state_.loops;
    ++state_.loop_depth;
    TENFOLD_ASSIGN_OR_RETURN(result.body, block_until({"endfor", "else"}));
    --state_.loops;
    if (tokens_.next().text == "else") {
      // A recursive loop is a function: a break behind its else has no loop to end.
      const int loops = result.recursive ? std::exchange(state_.loops, 0) : state_.loops;
      TENFOLD_ASSIGN_OR_RETURN(result.otherwise, block("endfor"));
      state_.loops = loops;
    }
    --state_.loop_depth;
    return result;
  }

  Status reject_loop_target(const Target& target) {
    for (const Target& item : target.items) TENFOLD_RETURN_IF_ERROR(reject_loop_target(item));
    if (target.sort == Target::Sort::kName && state_.names[target.name] == "loop") {
      return tokens_.fail("cannot assign to the special variable 'loop' in a for loop");
    }
    return {};
  }

  Status set_statement(int line, Body& body) {
    tokens_.next();
    TENFOLD_ASSIGN_OR_RETURN(Target target, expressions_.target(NamespaceAttributes::kAllowed));
    if (state_.loop_depth > 0) TENFOLD_RETURN_IF_ERROR(reject_loop_target(target));
    if (tokens_.skip_operator("=")) {
      TENFOLD_ASSIGN_OR_RETURN(ExprPtr value, expressions_.tuple_or_expression(Conditional::kAllowed));
      body.push_back({line, SetStmt{std::move(target), std::move(value)}});
      return {};
    }
    SetBlockStmt result;
    result.target = std::move(target);
    TENFOLD_ASSIGN_OR_RETURN(result.filters, expressions_.filter_chain(ExpressionParser::FirstBar::kRequired));
    TENFOLD_ASSIGN_OR_RETURN(result.body, block("endset"));
    body.push_back({line, std::move(result)});
    return {};
  }

  // (a, b=1): names and the defaults of the last ones.
  Status signature(MacroDefinition& macro) {
    TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator("("));
    while (!tokens_.current().is_operator(")")) {
      if (!macro.parameters.empty()) TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator(","));
      const std::string name = tokens_.current().text;
      TENFOLD_ASSIGN_OR_RETURN(const NameId id, expressions_.name_target());
      if (macro.parameters.size() == kMaxNames) {
        return resource_exhausted("line ", tokens_.current().line, ": more than ", kMaxNames, " parameters");
      }
      for (const NameId other : macro.parameters) {
        if (other == id) return tokens_.fail("parameter '", name, "' repeated");
      }
      if (tokens_.skip_operator("=")) {
        TENFOLD_ASSIGN_OR_RETURN(ExprPtr value, expressions_.expression());
        macro.defaults.push_back(std::move(value));
      } else if (!macro.defaults.empty()) {
        return tokens_.fail("parameter without default after one with default");
      }
      macro.parameters.push_back(id);
      macro.parameter_names.push_back(name);
    }
    tokens_.next();
    return {};
  }

  Result<MacroStmt> macro_statement() {
    tokens_.next();
    auto macro = std::make_unique<MacroDefinition>();
    macro->name = tokens_.current().text;
    TENFOLD_ASSIGN_OR_RETURN(const NameId id, expressions_.name_target());
    TENFOLD_RETURN_IF_ERROR(signature(*macro));
    TENFOLD_ASSIGN_OR_RETURN(macro->body, function_block("endmacro"));
    return MacroStmt{id, std::move(macro)};
  }

  Result<CallBlockStmt> call_block() {
    tokens_.next();
    auto caller = std::make_unique<MacroDefinition>();
    caller->name = "caller";
    if (tokens_.current().is_operator("(")) TENFOLD_RETURN_IF_ERROR(signature(*caller));
    TENFOLD_ASSIGN_OR_RETURN(ExprPtr call, expressions_.expression());
    if (!std::holds_alternative<CallExpr>(call->node)) return tokens_.fail("expected a call");
    TENFOLD_ASSIGN_OR_RETURN(caller->body, function_block("endcall"));
    return CallBlockStmt{std::move(caller), std::move(call)};
  }

  Result<FilterBlockStmt> filter_block() {
    tokens_.next();
    FilterBlockStmt result;
    TENFOLD_ASSIGN_OR_RETURN(result.filters, expressions_.filter_chain(ExpressionParser::FirstBar::kOmitted));
    TENFOLD_ASSIGN_OR_RETURN(result.body, block("endfilter"));
    return result;
  }

  Result<WithStmt> with_statement() {
    tokens_.next();
    WithStmt result;
    while (!tokens_.current().is(TokenKind::kBlockEnd) && !tokens_.current().is_operator(":")) {
      if (!result.assignments.empty()) TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator(","));
      TENFOLD_ASSIGN_OR_RETURN(Target target, expressions_.target(NamespaceAttributes::kNot));
      TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator("="));
      TENFOLD_ASSIGN_OR_RETURN(ExprPtr value, expressions_.expression());
      result.assignments.emplace_back(std::move(target), std::move(value));
    }
    TENFOLD_ASSIGN_OR_RETURN(result.body, block("endwith"));
    return result;
  }

  Result<GenerationStmt> generation() {
    tokens_.next();
    auto definition = std::make_unique<MacroDefinition>();
    definition->name = "caller";
    TENFOLD_ASSIGN_OR_RETURN(definition->body, function_block("endgeneration"));
    return GenerationStmt{std::move(definition)};
  }

  Result<BlockStmt> named_block() {
    tokens_.next();
    BlockStmt result;
    const std::string name = tokens_.current().text;
    TENFOLD_RETURN_IF_ERROR(tokens_.expect(TokenKind::kName, "the name of the block"));
    if (tokens_.current().is_name("scoped") || tokens_.current().is_name("required")) {
      return unsupported("line ", tokens_.current().line, ": ", tokens_.current().text, " blocks are not supported");
    }
    if (!blocks_.insert(name).second) return tokens_.fail("block '", name, "' defined twice");
    TENFOLD_ASSIGN_OR_RETURN(result.body, function_block("endblock"));
    tokens_.skip_name(name);
    return result;
  }

  Status print_statement(int line, Body& body) {
    tokens_.next();
    for (bool first = true; !tokens_.current().is(TokenKind::kBlockEnd); first = false) {
      if (!first) TENFOLD_RETURN_IF_ERROR(tokens_.expect_operator(","));
      TENFOLD_ASSIGN_OR_RETURN(ExprPtr value, expressions_.expression());
      body.push_back({line, PrintStmt{std::move(value)}});
    }
    return {};
  }

  Status jump(int line, Body& body) {
    const std::string name = tokens_.next().text;
    if (state_.loops == 0) return tokens_.fail("'", name, "' outside a loop");
    body.push_back({line, JumpStmt{name == "break" ? Jump::kBreak : Jump::kContinue}});
    return {};
  }

  ParseState& state_;
  TokenStream& tokens_;
  ExpressionParser expressions_;
  std::unordered_set<std::string> blocks_;  // their names
};

}  // namespace

Result<TemplateTree> parse_template(std::string_view source) {
  TENFOLD_ASSIGN_OR_RETURN(std::vector<Token> tokens, tokenize_template(source));
  ParseState state(std::move(tokens));
  TemplateTree tree;
  tree.loop = state.name_id("loop");
  tree.caller = state.name_id("caller");
  tree.kwargs = state.name_id("kwargs");
  tree.varargs = state.name_id("varargs");
  TENFOLD_ASSIGN_OR_RETURN(tree.body, StatementParser(state).whole_template());
  tree.exprs = std::move(state.exprs);
  tree.names = std::move(state.names);
  TENFOLD_RETURN_IF_ERROR(check_functions(tree.body));
  resolve_scopes(tree);
  return tree;
}

}  // namespace tenfold::jinja
