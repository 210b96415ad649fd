// The `tojson` filter of chat templates: Python's json.dumps.
#pragma once

#include <optional>
#include <string>

#include "base/json_string.h"
#include "jinja/runtime.h"
#include "jinja/value.h"

namespace tenfold::jinja {

struct JsonStyle {
  JsonCharacters characters = JsonCharacters::kAll;
  bool sort_keys = false;
  std::optional<std::string> indent;  // one level of indentation; absent: everything on one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

// Errors: kInvalidArgument for what JSON cannot hold (undefined, a generator, …); kResourceExhausted.
Result<MarkedText> to_json(Runtime& rt, const Value& value, const JsonStyle& style);

}  // namespace tenfold::jinja
