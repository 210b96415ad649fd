// Walking over a value as Python's `for` does: characters, items, keys, numbers.
#pragma once

#include <cstddef>
#include <optional>

#include "jinja/runtime.h"
#include "jinja/value.h"

namespace tenfold::jinja {

class Walk {
 public:
  // Errors: kInvalidArgument for a value that cannot be walked.
  static Result<Walk> over(const Value& source);

  // The next value, or nothing at the end. Costs a step. A walk over an iterator uses the iterator up.
  Result<std::optional<Value>> next(Runtime& rt);

 private:
  explicit Walk(Value source) : source_(std::move(source)) {}

  Value source_;
  std::size_t position_ = 0;  // bytes into a string, else items
};

bool is_walkable(const Value& value);

// list(value). Errors: kInvalidArgument when it cannot be walked; kResourceExhausted when the list is too large.
Result<std::vector<Value>> collect(Runtime& rt, const Value& value);

}  // namespace tenfold::jinja
