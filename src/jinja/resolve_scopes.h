// Which variables of a scope start out undefined.
#pragma once

#include "jinja/ast.h"

namespace tenfold::jinja {

// Jinja decides where a name lives before anything runs: a scope that assigns a name before it reads it, while no scope
// around it mentions that name, owns it from the start, and reading it too early (in a loop above the assignment, say)
// finds it undefined even when the caller passed a variable of that name. This fills in every Scope of the tree, and
// which of caller, kwargs and varargs each macro uses.
void resolve_scopes(TemplateTree& tree);

}  // namespace tenfold::jinja
