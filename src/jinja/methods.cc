#include "jinja/methods.h"

#include <algorithm>
#include <initializer_list>

namespace tenfold::jinja {

namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Method find_method(const Value& object, std::string_view name) {
  switch (object.kind()) {
    case Kind::kString:
      return {find_native(string_methods(), name), false,
              is_one_of(name,
                        {"casefold", "encode", "expandtabs", "format_map", "isidentifier", "maketrans", "translate"})};
    case Kind::kList:
      return {find_native(list_methods(), name),
              is_one_of(name, {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"}), false};
    case Kind::kTuple: {
      const bool shared = name == "count" || name == "index";
      return {shared ? find_native(list_methods(), name) : nullptr, false, false};
    }
    case Kind::kDict:
      return {find_native(dict_methods(), name), is_one_of(name, {"clear", "pop", "popitem", "setdefault", "update"}),
              name == "fromkeys"};
    case Kind::kCycler: return {find_native(cycler_methods(), name), false, name == "current" || name == "items"};
    case Kind::kRange: return {nullptr, false, name == "count" || name == "index"};
    case Kind::kDictView: return {nullptr, false, name == "mapping" || name == "isdisjoint"};
    case Kind::kIterator: return {nullptr, false, is_one_of(name, {"send", "throw", "close"})};
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kLargeInt:
      return {nullptr, false,
              is_one_of(name, {"as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes",
                               "imag", "numerator", "real", "to_bytes"})};
    case Kind::kFloat:
      return {nullptr, false,
              is_one_of(name, {"as_integer_ratio", "conjugate", "fromhex", "hex", "imag", "is_integer", "real"})};
    case Kind::kMacro:
      return {nullptr, false,
              is_one_of(name, {"name", "arguments", "catch_kwargs", "catch_varargs", "caller", "explicit_caller"})};
    default: return {};
  }
}

}  // namespace tenfold::jinja
