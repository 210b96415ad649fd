#include "jinja/is_tests.h"

#include "base/error.h"
#include "jinja/compare.h"
#include "jinja/filters.h"
#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/value_text.h"
#include "jinja/walk.h"

namespace tenfold::jinja {

namespace {

template <bool (*kPredicate)(const Value&)>
Result<Value> predicate(Runtime&, const Value& self, const Bound&) {
  return Value::boolean(kPredicate(self));
}

bool is_defined(const Value& value) { return !value.is_undefined(); }
bool is_undefined(const Value& value) { return value.is_undefined(); }
bool is_none(const Value& value) { return value.is(Kind::kNone); }
bool is_boolean(const Value& value) { return value.is(Kind::kBool); }
bool is_true(const Value& value) { return value.is(Kind::kBool) && value.as_bool(); }
bool is_false(const Value& value) { return value.is(Kind::kBool) && !value.as_bool(); }
bool is_integer(const Value& value) { return value.is(Kind::kInt) || value.is(Kind::kLargeInt); }
bool is_float(const Value& value) { return value.is(Kind::kFloat); }
bool is_number(const Value& value) { return value.is_number(); }
bool is_string(const Value& value) { return value.is_string(); }
bool is_mapping(const Value& value) { return value.is(Kind::kDict); }
bool is_escaped(const Value& value) { return value.is_markup(); }
bool is_iterable(const Value& value) { return is_walkable(value); }

// What has a length and a [] operator: undefined and dict have both.
bool is_sequence(const Value& value) {
  return value.is_undefined() || value.is_string() || value.is_list_or_tuple() || value.is(Kind::kDict) ||
         value.is(Kind::kRange);
}

bool is_callable(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:  // the class has __call__, which raises
    case Kind::kMacro:
    case Kind::kMethod:
    case Kind::kFunction:
    case Kind::kLoop:
    case Kind::kJoiner: return true;
    default: return false;
  }
}

Result<Value> remainder_is(Runtime& rt, const Value& number, const Value& divisor, std::int64_t wanted) {
  if (!number.is_number() || !divisor.is_number()) {
    const Value& wrong = number.is_number() ? divisor : number;
    if (wrong.is_undefined()) return invalid_argument(wrong.undefined_reason());
    return invalid_argument("expected a number, found ", type_name(wrong));
  }
  TENFOLD_ASSIGN_OR_RETURN(const Value rest, apply(rt, BinaryOperator::kModulo, number, divisor));
  TENFOLD_ASSIGN_OR_RETURN(const bool same, equal(rt, rest, Value::integer(wanted)));
  return Value::boolean(same);
}

Result<Value> odd(Runtime& rt, const Value& self, const Bound&) { return remainder_is(rt, self, Value::integer(2), 1); }
Result<Value> even(Runtime& rt, const Value& self, const Bound&) {
  return remainder_is(rt, self, Value::integer(2), 0);
}
Result<Value> divisible_by(Runtime& rt, const Value& self, const Bound& arguments) {
  return remainder_is(rt, self, arguments[0], 0);
}

template <bool kEqual>
Result<Value> equality(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const bool same, equal(rt, self, arguments[0]));
  return Value::boolean(same == kEqual);
}

template <Order kOrder>
Result<Value> order(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const bool holds, ordered(rt, kOrder, self, arguments[0]));
  return Value::boolean(holds);
}

Result<Value> same_as(Runtime& rt, const Value& self, const Bound& arguments) {
  if (self.is_string()) TENFOLD_RETURN_IF_ERROR(rt.budget.copy(self.text().size()));
  return Value::boolean(identical(self, arguments[0]));
}

Result<Value> in(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const bool found, contains(rt, arguments[0], self));
  return Value::boolean(found);
}

// lower and upper look at what the value prints as.
Result<Value> is_case(Runtime& rt, const Value& self, std::string_view method) {
  TENFOLD_ASSIGN_OR_RETURN(MarkedText text, to_text(rt, self));
  return call_native(rt, *find_native(string_methods(), method), make_string(&rt.heap, std::move(text)), {});
}
Result<Value> lower(Runtime& rt, const Value& self, const Bound&) { return is_case(rt, self, "islower"); }
Result<Value> upper(Runtime& rt, const Value& self, const Bound&) { return is_case(rt, self, "isupper"); }

Result<Value> filter(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_RETURN_IF_ERROR(check_key(rt.budget, self));
  return Value::boolean(self.is_string() && find_filter(self.text()) != nullptr);
}
Result<Value> test(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_RETURN_IF_ERROR(check_key(rt.budget, self));
  return Value::boolean(self.is_string() && find_test(self.text()) != nullptr);
}

constexpr NativeSpec kTests[] = {
    {"!=", {"b"}, 1, equality<false>, Passing::kByPosition},
    {"<", {"b"}, 1, order<Order::kLess>, Passing::kByPosition},
    {"<=", {"b"}, 1, order<Order::kLessEqual>, Passing::kByPosition},
    {"==", {"b"}, 1, equality<true>, Passing::kByPosition},
    {">", {"b"}, 1, order<Order::kGreater>, Passing::kByPosition},
    {">=", {"b"}, 1, order<Order::kGreaterEqual>, Passing::kByPosition},
    {"boolean", {}, 0, predicate<is_boolean>},
    {"callable", {}, 0, predicate<is_callable>},
    {"defined", {}, 0, predicate<is_defined>},
    {"divisibleby", {"num"}, 1, divisible_by},
    {"eq", {"b"}, 1, equality<true>, Passing::kByPosition},
    {"equalto", {"b"}, 1, equality<true>, Passing::kByPosition},
    {"escaped", {}, 0, predicate<is_escaped>},
    {"even", {}, 0, even},
    {"false", {}, 0, predicate<is_false>},
    {"filter", {}, 0, filter},
    {"float", {}, 0, predicate<is_float>},
    {"ge", {"b"}, 1, order<Order::kGreaterEqual>, Passing::kByPosition},
    {"greaterthan", {"b"}, 1, order<Order::kGreater>, Passing::kByPosition},
    {"gt", {"b"}, 1, order<Order::kGreater>, Passing::kByPosition},
    {"in", {"seq"}, 1, in},
    {"integer", {}, 0, predicate<is_integer>},
    {"iterable", {}, 0, predicate<is_iterable>},
    {"le", {"b"}, 1, order<Order::kLessEqual>, Passing::kByPosition},
    {"lessthan", {"b"}, 1, order<Order::kLess>, Passing::kByPosition},
    {"lower", {}, 0, lower},
    {"lt", {"b"}, 1, order<Order::kLess>, Passing::kByPosition},
    {"mapping", {}, 0, predicate<is_mapping>},
    {"ne", {"b"}, 1, equality<false>, Passing::kByPosition},
    {"none", {}, 0, predicate<is_none>},
    {"number", {}, 0, predicate<is_number>},
    {"odd", {}, 0, odd},
    {"sameas", {"other"}, 1, same_as},
    {"sequence", {}, 0, predicate<is_sequence>},
    {"string", {}, 0, predicate<is_string>},
    {"test", {}, 0, test},
    {"true", {}, 0, predicate<is_true>},
    {"undefined", {}, 0, predicate<is_undefined>},
    {"upper", {}, 0, upper},
};

}  // namespace

const NativeSpec* find_test(std::string_view name) { return find_native(kTests, name); }

Status no_such_test(std::string_view name) { return unsupported("no test named '", printable(name), "'"); }

}  // namespace tenfold::jinja
