// Truth, equality, order and membership of values, as Python decides them.
#pragma once

#include <cstddef>
#include <optional>

#include "jinja/runtime.h"
#include "jinja/value.h"

namespace tenfold::jinja {

bool truthy(const Value& value);

// `a == b`. Errors: kResourceExhausted only.
Result<bool> equal(Runtime& rt, const Value& a, const Value& b);

// `a is b`: the same object, or equal scalars of one type.
bool identical(const Value& a, const Value& b);

enum class Order { kLess, kLessEqual, kGreater, kGreaterEqual };
// `a < b` and its like. Errors: kInvalidArgument for types without an order ("'<' not supported between …").
Result<bool> ordered(Runtime& rt, Order order, const Value& a, const Value& b);

// `needle in haystack`. Errors: kInvalidArgument when the haystack is no container.
Result<bool> contains(Runtime& rt, const Value& haystack, const Value& needle);

// Whether the value can be a key of a dict. Pays for looking at all of it, and so for comparing it with other keys: a
// tuple may hold one part in so many places that this would not end.
// Errors: kInvalidArgument for a list, a dict or what holds one ("unhashable type: …"); kResourceExhausted.
Status check_key(Budget& budget, const Value& value);
// A total order of keys, -1, 0 or 1, in which 1, 1.0 and true are one key. Dicts find keys by it instead of by a hash,
// because nobody can make up keys that collide.
int compare_keys(const Value& a, const Value& b);

// len(value); nothing for what has no length.
std::optional<std::size_t> length_of(const Value& value);

}  // namespace tenfold::jinja
