// Arithmetic of values: + - * / // % ** and the signs, with Python's rules. Integers are 64 bits.
#pragma once

#include "jinja/runtime.h"
#include "jinja/value.h"

namespace tenfold::jinja {

enum class BinaryOperator { kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower };

// Errors: kInvalidArgument for types without this operation and for division by zero; kUnsupported when an integer
// leaves 64 bits or a power is complex; kResourceExhausted when a repeated string or list is too large.
Result<Value> apply(Runtime& rt, BinaryOperator op, const Value& a, const Value& b);

enum class Sign { kPlus, kMinus };
Result<Value> apply_sign(Runtime& rt, Sign sign, const Value& value);

}  // namespace tenfold::jinja
