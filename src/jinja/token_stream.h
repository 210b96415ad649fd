// Tokens as the two halves of the parser consume them, and what both need to know.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/contracts.h"
#include "base/error.h"
#include "base/stack_left.h"
#include "jinja/ast.h"
#include "jinja/budget.h"
#include "jinja/token.h"

namespace tenfold::jinja {

class TokenStream {
 public:
  // tokens: the last is kEnd.
  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {
    TENFOLD_DCHECK(!tokens_.empty() && tokens_.back().is(TokenKind::kEnd));
  }

  const Token& current() const { return tokens_[at_]; }
  const Token& look() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  const Token& next() {
    const Token& token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool skip_name(std::string_view name) { return skip(current().is_name(name)); }
  bool skip_operator(std::string_view symbol) { return skip(current().is_operator(symbol)); }

  Status expect_name(std::string_view name) { return expect(current().is_name(name), name); }
  Status expect_operator(std::string_view symbol) { return expect(current().is_operator(symbol), symbol); }
  Status expect(TokenKind kind, std::string_view description) { return expect(current().is(kind), description); }

  template <typename... Parts>
  Status fail(const Parts&... parts) const {
    return corrupt_data("line ", current().line, ": ", parts...);
  }

 private:
  bool skip(bool matches) {
    if (matches) next();
    return matches;
  }
  Status expect(bool matches, std::string_view wanted) {
    if (!matches) return fail("expected ", wanted, ", found ", describe());
    next();
    return {};
  }
  std::string describe() const {
    switch (current().kind) {
      case TokenKind::kEnd: return "the end of the template";
      case TokenKind::kBlockEnd: return "the end of the statement";
      case TokenKind::kVariableEnd: return "the end of the print statement";
      case TokenKind::kInteger:
      case TokenKind::kFloat: return "a number";
      case TokenKind::kString: return "a string";
      default: return cat("'", printable(current().text), "'");
    }
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

// Names of the arguments of one call, or parameters of one macro: each is compared with the others.
inline constexpr std::size_t kMaxNames = 255;

// State of one parse.
struct ParseState {
  explicit ParseState(std::vector<Token> all) : tokens(std::move(all)) {}

  NameId name_id(const std::string& name) {
    const auto [at, added] = ids.try_emplace(name, static_cast<NameId>(names.size()));
    if (added) names.push_back(name);
    return at->second;
  }

  TokenStream tokens;
  std::deque<Expr> exprs;  // all that were parsed
  std::vector<std::string> names;
  std::unordered_map<std::string, NameId> ids;
  int nesting = 0;     // open recursions of the parser
  int loops = 0;       // loops that a break here would end
  int loop_depth = 0;  // loops around, whatever lies between
};

// One recursion of the parser for as long as it lives. What later goes over the tree needs less stack than the parser.
class NestingScope {
 public:
  static constexpr int kMaxNesting = 100;

  explicit NestingScope(ParseState& state) : state_(state) { ++state_.nesting; }
  ~NestingScope() { --state_.nesting; }
  NestingScope(const NestingScope&) = delete;
  NestingScope& operator=(const NestingScope&) = delete;

  Status status() const {
    const int line = state_.tokens.current().line;
    if (state_.nesting > kMaxNesting) {
      return resource_exhausted("line ", line, ": nested deeper than ", kMaxNesting, " levels");
    }
    if (stack_left_bytes() < kStackReserve) return stack_exhausted().with_context(cat("line ", line));
    return {};
  }

 private:
  ParseState& state_;
};

}  // namespace tenfold::jinja
