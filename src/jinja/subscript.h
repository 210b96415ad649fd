// object.name, object[key] and object[start:stop:step], with the rules of Jinja's immutable sandbox.
//
// `object.name` looks for an attribute first and an item second, `object[key]` the other way round; neither fails when
// there is none: the result is undefined. What would change a list or dict, and every name that starts with an
// underscore, cannot be reached.
#pragma once

#include <optional>
#include <string_view>

#include "jinja/runtime.h"
#include "jinja/value.h"

namespace tenfold::jinja {

// Errors: kInvalidArgument on undefined; kUnsupported for a Python method that is not implemented.
Result<Value> get_attribute(Runtime& rt, const Value& object, std::string_view name);
Result<Value> get_item(Runtime& rt, const Value& object, const Value& key);

// Only the attribute: a method, a namespace's variable, or nothing.
Result<std::optional<Value>> find_attribute(Runtime& rt, const Value& object, std::string_view name);

struct SliceBounds {
  std::optional<std::int64_t> start, stop, step;
};
// Errors: kInvalidArgument when the object is no sequence or the step is 0.
Result<Value> get_slice(Runtime& rt, const Value& object, const SliceBounds& bounds);

// An attribute path as the filters take it: "address.city", "0.name" or a number.
// Errors: as get_item.
Result<Value> get_path(Runtime& rt, const Value& object, const Value& path, const Value* fallback);

}  // namespace tenfold::jinja
