// Template text → tree. Recursive descent with the precedences of Jinja.
#pragma once

#include <string_view>

#include "jinja/ast.h"

namespace tenfold::jinja {

// Errors, all with the line: kCorruptData for text that is no template; kUnsupported for a tag, filter or test that is
// not there; kResourceExhausted for nesting too deep.
Result<TemplateTree> parse_template(std::string_view source);

}  // namespace tenfold::jinja
