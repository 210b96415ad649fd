// The methods of Python's str, list, tuple and dict that templates may call.
#pragma once

#include <string_view>

#include "jinja/native.h"

namespace tenfold::jinja {

struct Method {
  const NativeSpec* spec = nullptr;  // null when there is none to call, because …
  bool is_unsafe = false;            // … it would change the object, or …
  bool is_missing = false;           // … Python has it and Tenfold does not.
};

Method find_method(const Value& object, std::string_view name);

// The tables behind it.
std::span<const NativeSpec> string_methods();
std::span<const NativeSpec> list_methods();
std::span<const NativeSpec> dict_methods();
std::span<const NativeSpec> cycler_methods();

}  // namespace tenfold::jinja
