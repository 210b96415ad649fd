// Truth, equality, order and membership of values, as Python decides them.
#pragma once

#include <cstddef>
#include <optional>

#include "tokenizer/chat_template/runtime.h"
#include "tokenizer/chat_template/value.h"

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

// Hash and equality of dict keys: 1, 1.0 and true are one key. Nothing for lists, dicts and what holds them.
std::optional<std::size_t> hash_of(const Value& value);
bool same_key(const Value& a, const Value& b);

// len(value); nothing for what has no length.
std::optional<std::size_t> length_of(const Value& value);

}  // namespace tenfold::jinja
