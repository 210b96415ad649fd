// What a template asks a thing of some name to be: of `message.role == 'user'` and `role in ['user', 'tool']` it is
// "user" and "tool" that are compared with a "role".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jinja/ast.h"

namespace tenfold::jinja {

// The texts that `x.name`, `x['name']` or a variable `name` is compared with, by ==, !=, in or not in, where the
// template has them as constants. Ascending, each once. Time is linear in the template.
std::vector<std::string> constants_compared_with(std::string_view name, const TemplateTree& tree);

}  // namespace tenfold::jinja
