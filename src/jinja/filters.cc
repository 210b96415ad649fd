#include "jinja/filters.h"

#include "base/error.h"

namespace tenfold::jinja {

const NativeSpec* find_filter(std::string_view name) {
  for (const auto table : {text_filters(), number_filters(), sequence_filters(), selection_filters()}) {
    if (const NativeSpec* spec = find_native(table, name); spec != nullptr) return spec;
  }
  return nullptr;
}

Status no_such_filter(std::string_view name) {
  constexpr std::string_view kMissing[] = {"pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr"};
  for (const std::string_view missing : kMissing) {
    if (name == missing) return unsupported("filter '", name, "' is not supported");
  }
  return unsupported("no filter named '", printable(name), "'");
}

}  // namespace tenfold::jinja
