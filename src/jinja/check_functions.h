// Finds filters and tests that do not exist, before anything is rendered.
#pragma once

#include "jinja/ast.h"

namespace tenfold::jinja {

// Jinja refuses a template with an unknown filter or test, except inside an `if`, where it fails only when reached.
// Errors: kUnsupported with line and name.
Status check_functions(const Body& body);

}  // namespace tenfold::jinja
