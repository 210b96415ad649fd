#include "jinja/operators.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "jinja/format.h"
#include "jinja/string_ops.h"

namespace tenfold::jinja {

namespace {

std::string_view operator_name(BinaryOperator op) {
  constexpr std::string_view kNames[] = {"+", "-", "*", "/", "//", "%", "**"};
  return kNames[static_cast<int>(op)];
}

Status unsupported_operands(BinaryOperator op, const Value& a, const Value& b) {
  for (const Value* side : {&a, &b}) {
    if (side->is_undefined()) return invalid_argument(side->undefined_reason());
  }
  return invalid_argument("unsupported operand types for ", operator_name(op), ": '", type_name(a), "' and '",
                          type_name(b), "'");
}

Status too_large(BinaryOperator op) { return unsupported("integer result of ", operator_name(op), " leaves 64 bits"); }

Status division_by_zero() { return invalid_argument("division by zero"); }

double real_modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  if (rest == 0.0) return std::copysign(0.0, b);
  return (rest < 0) != (b < 0) ? rest + b : rest;
}

// Python's float //: the floor of the quotient that fits real_modulo.
double real_floor_divide(double a, double b) {
  const double rest = real_modulo(a, b);
  const double quotient = (a - rest) / b;
  if (quotient == 0.0) return std::copysign(0.0, a / b);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1.0 : floored;
}

Result<Value> integer_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) return invalid_argument("0 cannot be raised to a negative power");
    return Value::real(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  }
  std::int64_t result = 1;
  bool base_too_large = false;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) {
      if (base_too_large || __builtin_mul_overflow(result, base, &result)) return too_large(BinaryOperator::kPower);
    }
    base_too_large = base_too_large || __builtin_mul_overflow(base, base, &base);
  }
  return Value::integer(result);
}

Result<Value> apply_integers(BinaryOperator op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  switch (op) {
    case BinaryOperator::kAdd:
      if (__builtin_add_overflow(a, b, &result)) return too_large(op);
      return Value::integer(result);
    case BinaryOperator::kSubtract:
      if (__builtin_sub_overflow(a, b, &result)) return too_large(op);
      return Value::integer(result);
    case BinaryOperator::kMultiply:
      if (__builtin_mul_overflow(a, b, &result)) return too_large(op);
      return Value::integer(result);
    case BinaryOperator::kDivide:
      if (b == 0) return division_by_zero();
      return Value::real(static_cast<double>(a) / static_cast<double>(b));
    case BinaryOperator::kFloorDivide:
      if (b == 0) return division_by_zero();
      if (b == -1) return apply_integers(BinaryOperator::kSubtract, 0, a);
      return Value::integer(a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0));
    case BinaryOperator::kModulo:
      if (b == 0) return division_by_zero();
      if (b == -1) return Value::integer(0);
      result = a % b;
      return Value::integer(result != 0 && (result < 0) != (b < 0) ? result + b : result);
    case BinaryOperator::kPower: return integer_power(a, b);
  }
  return internal_error("unknown operator");
}

Result<Value> apply_reals(BinaryOperator op, double a, double b) {
  switch (op) {
    case BinaryOperator::kAdd: return Value::real(a + b);
    case BinaryOperator::kSubtract: return Value::real(a - b);
    case BinaryOperator::kMultiply: return Value::real(a * b);
    case BinaryOperator::kDivide:
      if (b == 0) return division_by_zero();
      return Value::real(a / b);
    case BinaryOperator::kFloorDivide:
      if (b == 0) return division_by_zero();
      return Value::real(real_floor_divide(a, b));
    case BinaryOperator::kModulo:
      if (b == 0) return division_by_zero();
      return Value::real(real_modulo(a, b));
    case BinaryOperator::kPower: break;
  }
  if (a == 0 && b < 0) return invalid_argument("0.0 cannot be raised to a negative power");
  if (a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::floor(b))
    return unsupported("complex numbers are not supported");
  const double power = std::pow(a, b);
  if (std::isinf(power) && std::isfinite(a) && std::isfinite(b)) return invalid_argument("result of ** too large");
  return Value::real(power);
}

Result<Value> add_strings(Runtime& rt, const Value& a, const Value& b) {
  const bool markup = a.is_markup() || b.is_markup();
  const std::size_t n_bytes = a.view().n_bytes() + b.view().n_bytes();
  TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(n_bytes));
  TENFOLD_RETURN_IF_ERROR(rt.budget.copy(n_bytes));
  MarkedText sum;
  for (const Value* side : {&a, &b}) {
    if (markup && !side->is_markup()) {
      sum.append(map_text(side->view(), escape_html).view());
    } else {
      sum.append(side->view());
    }
  }
  return make_string(&rt.heap, std::move(sum)).with_markup(markup);
}

Result<Value> add_sequences(Runtime& rt, const Value& a, const Value& b) {
  const std::size_t n = a.items().size() + b.items().size();
  TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(n * sizeof(Value)));
  TENFOLD_RETURN_IF_ERROR(rt.budget.step(n / 4));
  std::vector<Value> items;
  items.reserve(n);
  items.insert(items.end(), a.items().begin(), a.items().end());
  items.insert(items.end(), b.items().begin(), b.items().end());
  return a.is(Kind::kList) ? make_list(&rt.heap, std::move(items)) : make_tuple(&rt.heap, std::move(items));
}

Result<Value> repeat(Runtime& rt, const Value& sequence, std::int64_t times) {
  const std::size_t n = sequence.is_string() ? sequence.view().n_bytes() : sequence.items().size() * sizeof(Value);
  std::size_t n_bytes = 0;
  if (times > 0 && __builtin_mul_overflow(n, static_cast<std::size_t>(times), &n_bytes)) {
    n_bytes = std::numeric_limits<std::size_t>::max();
  }
  TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(n_bytes));
  TENFOLD_RETURN_IF_ERROR(rt.budget.copy(n_bytes));
  if (n == 0) times = 0;
  if (sequence.is_string()) {
    MarkedText text;
    text.text.reserve(n_bytes);
    for (std::int64_t i = 0; i < times; ++i) text.append(sequence.view());
    return make_string(&rt.heap, std::move(text)).with_markup(sequence.is_markup());
  }
  std::vector<Value> items;
  for (std::int64_t i = 0; i < times; ++i) {
    items.insert(items.end(), sequence.items().begin(), sequence.items().end());
  }
  return sequence.is(Kind::kList) ? make_list(&rt.heap, std::move(items)) : make_tuple(&rt.heap, std::move(items));
}

bool is_repeatable(const Value& value) { return value.is_string() || value.is_list_or_tuple(); }

}  // namespace

Result<Value> apply(Runtime& rt, BinaryOperator op, const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) return apply_integers(op, a.as_integer(), b.as_integer());
  if (a.is_number() && b.is_number() && (a.is(Kind::kLargeInt) || b.is(Kind::kLargeInt))) {
    return unsupported("operand of ", operator_name(op),
                       " beyond 64 bits: ", printable((a.is(Kind::kLargeInt) ? a : b).digits()));
  }
  if (a.is_number() && b.is_number()) return apply_reals(op, a.as_real(), b.as_real());
  if (a.is_undefined() || b.is_undefined()) {
    // A string formats anything, undefined included.
    if (op == BinaryOperator::kModulo && a.is_string()) return percent_format(rt, a, b);
    return unsupported_operands(op, a, b);
  }
  switch (op) {
    case BinaryOperator::kAdd:
      if (a.is_string() && b.is_string()) return add_strings(rt, a, b);
      if (a.is_list_or_tuple() && a.kind() == b.kind()) return add_sequences(rt, a, b);
      break;
    case BinaryOperator::kMultiply:
      if (is_repeatable(a) && b.is_integral()) return repeat(rt, a, b.as_integer());
      if (is_repeatable(b) && a.is_integral()) return repeat(rt, b, a.as_integer());
      break;
    case BinaryOperator::kModulo:
      if (a.is_string()) return percent_format(rt, a, b);
      break;
    default: break;
  }
  return unsupported_operands(op, a, b);
}

Result<Value> apply_sign(Runtime& rt, Sign sign, const Value& value) {
  if (value.is_undefined()) return invalid_argument(value.undefined_reason());
  if (!value.is_number()) return invalid_argument("bad operand type for a sign: '", type_name(value), "'");
  if (value.is(Kind::kFloat)) return Value::real(sign == Sign::kMinus ? -value.as_real() : value.as_real());
  if (value.is(Kind::kLargeInt)) {
    if (sign == Sign::kPlus) return value;
    const std::string digits = value.digits();
    return make_integer(&rt.heap, digits.front() == '-' ? digits.substr(1) : "-" + digits);
  }
  if (sign == Sign::kPlus) return Value::integer(value.as_integer());
  return apply_integers(BinaryOperator::kSubtract, 0, value.as_integer());
}

}  // namespace tenfold::jinja
