// The functions that every template can call: range, dict, namespace, cycler, joiner, raise_exception, strftime_now.
#pragma once

#include <string_view>

#include "jinja/native.h"

namespace tenfold::jinja {

const NativeSpec* find_global(std::string_view name);
// A global that Jinja or Transformers has and Tenfold does not.
bool is_missing_global(std::string_view name);

}  // namespace tenfold::jinja
