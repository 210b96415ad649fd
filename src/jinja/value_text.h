// str() and repr() of values, as Python prints them.
#pragma once

#include <string>

#include "jinja/runtime.h"
#include "jinja/value.h"

namespace tenfold::jinja {

// Errors: kResourceExhausted when the text or the nesting is too large.
Result<MarkedText> to_text(Runtime& rt, const Value& value);
Result<MarkedText> to_repr(Runtime& rt, const Value& value);

// repr of a str: quoted, with unprintable characters escaped.
std::string quote(std::string_view text);
// The characters of ascii(): everything outside ASCII as \x, \u or \U.
std::string escape_non_ascii(std::string_view text);

}  // namespace tenfold::jinja
