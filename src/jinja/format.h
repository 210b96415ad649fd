// Formatting values into strings: the % operator, str.format and the mini-language of format specifications.
//
// What the template's format asks for keeps its marks. Where a byte of a conversion or field was given, all that comes
// out is given: whoever wrote it chose what stands where, and which of the template's words are swallowed or meet.
#pragma once

#include <string>
#include <string_view>

#include "jinja/native.h"

namespace tenfold::jinja {

// `format % values`. Errors: kInvalidArgument for a broken format or wrong values; kResourceExhausted for huge widths.
Result<Value> percent_format(Runtime& rt, const Value& format, const Value& values);

// format.format(*positional, **keyword)
Result<Value> brace_format(Runtime& rt, const Value& format, const Arguments& arguments);

// format(value, spec), spec being "[[fill]align][sign][#][0][width][,|_][.precision][type]", not empty.
Result<std::string> format_with_spec(Runtime& rt, const Value& value, std::string_view spec);
// The same with marks, as str(value) where the spec is empty. A character of a given number is given: it may be any.
Result<MarkedText> format_marked(Runtime& rt, const Value& value, std::string_view spec);

// abs(integer), of any size, in base 2, 8, 10 or 16, lower case. Errors: kUnsupported beyond 64 bits in a base that is
// not 10.
Result<std::string> magnitude_digits(const Value& integer, int base);

// How a number is laid out in its field; shared by both ways of formatting.
struct Field {
  std::string fill = " ";  // one character
  char align = '>';        // '<', '>', '^', or '=' for padding between sign and digits
  std::size_t width = 0;
};
// sign + body, padded to the field's width in code points. Errors: kResourceExhausted.
Result<std::string> pad(Runtime& rt, std::string_view sign, std::string_view body, const Field& field);
// The same for text of any origin. Where it is padded, all of it has one.
Result<MarkedText> pad(Runtime& rt, const MarkedView& body, const Field& field);

}  // namespace tenfold::jinja
