// The inside of a quoted string: Python's escapes.
#pragma once

#include <string>
#include <string_view>

#include "tenfold/status.h"

namespace tenfold::jinja {

// Errors: kCorruptData for a cut-off or impossible escape; kUnsupported for \N{name} and lone surrogates.
Result<std::string> unescape_string_literal(std::string_view body);

}  // namespace tenfold::jinja
