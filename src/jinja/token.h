// The tokens of a template, and the lexer that makes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tenfold/status.h"

namespace tenfold::jinja {

enum class TokenKind : std::uint8_t {
  kData,           // text between tags, white space already removed as the tags ask
  kVariableBegin,  // {{
  kVariableEnd,    // }}
  kBlockBegin,     // {%
  kBlockEnd,       // %}
  kName,
  kString,  // escapes resolved
  kInteger,
  kFloat,
  kOperator,
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  int line = 1;
  std::string text;  // data, name, string, operator; decimal digits of an integer
  double real = 0;

  bool is(TokenKind wanted) const { return kind == wanted; }
  bool is_name(std::string_view name) const { return kind == TokenKind::kName && text == name; }
  bool is_operator(std::string_view symbol) const { return kind == TokenKind::kOperator && text == symbol; }
};

// Splits a template into tokens, the last one kEnd. White space follows trim_blocks and lstrip_blocks.
// Errors: kCorruptData with the line for text that is no template; kUnsupported for what Tenfold leaves out.
Result<std::vector<Token>> tokenize_template(std::string_view source);

}  // namespace tenfold::jinja
