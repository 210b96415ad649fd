#include <cmath>
#include <optional>

#include "base/error.h"
#include "jinja/compare.h"
#include "jinja/filters.h"
#include "jinja/number_text.h"
#include "jinja/operators.h"

namespace tenfold::jinja {

namespace {

// int(real), for reals that fit.
Result<Value> truncated(double real) {
  if (std::fabs(real) >= 9223372036854775808.0) return unsupported("integer ", real, " does not fit into 64 bits");
  return Value::integer(static_cast<std::int64_t>(real));
}

// float(value) of what is a number or reads as one.
Result<std::optional<double>> as_float(Runtime& rt, const Value& value) {
  if (value.is_number()) return std::optional(value.as_real());
  if (!value.is_string()) return std::optional<double>();
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(value.text().size()));
  return parse_float(value.text());
}

Result<Value> absolute(Runtime& rt, const Value& self, const Bound&) {
  if (self.is_undefined()) return invalid_argument(self.undefined_reason());
  if (!self.is_number()) return invalid_argument("abs: expected a number, found ", type_name(self));
  if (self.is(Kind::kFloat)) return Value::real(std::fabs(self.as_real()));
  return apply_sign(rt, self.is_negative_integer() ? Sign::kMinus : Sign::kPlus, self);
}

Result<Value> to_float(Runtime& rt, const Value& self, const Bound& arguments) {
  if (self.is_undefined()) return invalid_argument(self.undefined_reason());
  TENFOLD_ASSIGN_OR_RETURN(const std::optional<double> parsed, as_float(rt, self));
  if (parsed) return Value::real(*parsed);
  return arguments.given(0) ? arguments[0] : Value::real(0.0);
}

Result<Value> to_int(Runtime& rt, const Value& self, const Bound& arguments) {
  const Value fallback = arguments.given(0) ? arguments[0] : Value::integer(0);
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t base, arguments.integer(1, 10));
  if (self.is_undefined()) return invalid_argument(self.undefined_reason());
  if (self.is_integral()) return Value::integer(self.as_integer());
  if (self.is(Kind::kLargeInt)) return self;
  if (self.is(Kind::kFloat)) {
    if (std::isnan(self.as_real())) return fallback;
    if (std::isinf(self.as_real())) return invalid_argument("cannot convert float infinity to integer");
    return truncated(self.as_real());
  }
  if (!self.is_string()) return fallback;
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(self.text().size()));
  if (base == 0 || (base >= 2 && base <= 36)) {
    TENFOLD_ASSIGN_OR_RETURN(auto digits, parse_integer(self.text(), static_cast<int>(base)));
    if (digits) return make_integer(&rt.heap, std::move(*digits));
  }
  // "42.23" | int is 42.
  TENFOLD_ASSIGN_OR_RETURN(const std::optional<double> real, as_float(rt, self));
  return real && std::isfinite(*real) ? truncated(*real) : fallback;
}

// round(integer, digits) for negative digits: half to even.
Result<Value> round_integer(std::int64_t value, std::int64_t digits) {
  if (digits >= 0) return Value::integer(value);
  if (digits < -18) return Value::integer(0);
  std::int64_t unit = 1;
  for (; digits < 0; ++digits) unit *= 10;
  const std::int64_t rest = value % unit;
  const std::int64_t down = value - rest;
  const std::uint64_t distance = magnitude_of(rest);
  const auto half = static_cast<std::uint64_t>(unit / 2);
  const bool away = distance > half || (distance == half && (down / unit) % 2 != 0);
  if (!away) return Value::integer(down);
  std::int64_t result = 0;
  if (__builtin_add_overflow(down, value < 0 ? -unit : unit, &result))
    return unsupported("rounded integer leaves 64 bits");
  return Value::integer(result);
}

Result<Value> round_filter(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t precision, arguments.integer(0, 0));
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view method, arguments.text(1, "common"));
  if (method != "common" && method != "ceil" && method != "floor") {
    return invalid_argument("round: method must be common, ceil or floor");
  }
  if (self.is_undefined()) return invalid_argument(self.undefined_reason());
  if (!self.is_number()) return invalid_argument("round: expected a number, found ", type_name(self));
  if (method == "common") {
    if (self.is(Kind::kLargeInt)) {
      return precision >= 0 ? Result<Value>(self) : unsupported("round: integer beyond 64 bits");
    }
    if (self.is_integral()) return round_integer(self.as_integer(), precision);
    return Value::real(round_float(self.as_real(), precision));
  }
  // Python computes func(value * 10**precision) / 10**precision, and so do we, digit for digit.
  TENFOLD_ASSIGN_OR_RETURN(const Value unit,
                           apply(rt, BinaryOperator::kPower, Value::integer(10), Value::integer(precision)));
  TENFOLD_ASSIGN_OR_RETURN(const Value scaled, apply(rt, BinaryOperator::kMultiply, self, unit));
  Value whole = scaled;
  if (scaled.is(Kind::kFloat)) {
    if (!std::isfinite(scaled.as_real())) return invalid_argument("round: number is not finite");
    TENFOLD_ASSIGN_OR_RETURN(whole,
                             truncated(method == "ceil" ? std::ceil(scaled.as_real()) : std::floor(scaled.as_real())));
  }
  return apply(rt, BinaryOperator::kDivide, whole, unit);
}

Result<Value> filesizeformat(Runtime& rt, const Value& self, const Bound& arguments) {
  constexpr const char* kDecimal[] = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
  constexpr const char* kBinary[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};
  if (self.is_undefined()) return invalid_argument(self.undefined_reason());
  TENFOLD_ASSIGN_OR_RETURN(const std::optional<double> parsed, as_float(rt, self));
  if (!parsed || !std::isfinite(*parsed)) return invalid_argument("filesizeformat: expected a number");
  const bool binary = arguments.truth(0, false);
  const double base = binary ? 1024 : 1000;
  if (*parsed == 1) return make_string(&rt.heap, "1 Byte");
  if (*parsed < base) {
    TENFOLD_ASSIGN_OR_RETURN(const Value whole, truncated(*parsed));
    return make_string(&rt.heap, cat(whole.as_integer(), " Bytes"));
  }
  double unit = base;
  std::size_t i = 0;
  do {
    unit *= base;
  } while (*parsed >= unit && ++i < 7);
  const std::string number = format_float(base * *parsed / unit, FloatStyle::kFixed, 1, TrailingZeros::kKeep);
  return make_string(&rt.heap, cat(number, " ", binary ? kBinary[i] : kDecimal[i]));
}

constexpr NativeSpec kNumberFilters[] = {
    {"abs", {}, 0, absolute},
    {"filesizeformat", {"binary"}, 0, filesizeformat},
    {"float", {"default"}, 0, to_float},
    {"int", {"default", "base"}, 0, to_int},
    {"round", {"precision", "method"}, 0, round_filter},
};

}  // namespace

std::span<const NativeSpec> number_filters() { return kNumberFilters; }

}  // namespace tenfold::jinja
