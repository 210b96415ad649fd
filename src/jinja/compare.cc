#include "jinja/compare.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "jinja/number_text.h"
#include "jinja/string_ops.h"
#include "jinja/walk.h"

namespace tenfold::jinja {

namespace {

// -1, 0, 1, or nothing when a NaN is involved. Exact, unlike a comparison after conversion to double.
std::optional<int> compare_integer_real(std::int64_t a, double b) {
  if (std::isnan(b)) return std::nullopt;
  if (b >= 9223372036854775808.0) return -1;
  if (b < -9223372036854775808.0) return 1;
  const double whole = std::trunc(b);
  const auto truncated = static_cast<std::int64_t>(whole);
  if (a != truncated) return a < truncated ? -1 : 1;
  if (b == whole) return 0;
  return b > whole ? -1 : 1;
}

// Integers by their digits.
int compare_digits(std::string_view a, std::string_view b) {
  const bool negative = a.front() == '-';
  if (negative != (b.front() == '-')) return negative ? -1 : 1;
  const int by_size = a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : a.compare(b);
  const int order = by_size < 0 ? -1 : by_size > 0 ? 1 : 0;
  return negative ? -order : order;
}

// The same for an integer beyond 64 bits: a real as large is whole, and has digits.
std::optional<int> compare_large_real(const Value& a, double b) {
  if (std::isnan(b)) return std::nullopt;
  if (std::isinf(b)) return b > 0 ? -1 : 1;
  const std::string digits = format_float(std::fabs(std::trunc(b)), FloatStyle::kFixed, 0, TrailingZeros::kKeep);
  return compare_digits(a.digits(), b < 0 ? "-" + digits : digits);
}

std::optional<int> compare_integer_real(const Value& a, double b) {
  return a.is(Kind::kLargeInt) ? compare_large_real(a, b) : compare_integer_real(a.as_integer(), b);
}

std::optional<int> compare_numbers(const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) {
    return a.as_integer() < b.as_integer() ? -1 : a.as_integer() > b.as_integer() ? 1 : 0;
  }
  if (!a.is(Kind::kFloat) && !b.is(Kind::kFloat)) return compare_digits(a.digits(), b.digits());
  if (!a.is(Kind::kFloat)) return compare_integer_real(a, b.as_real());
  if (!b.is(Kind::kFloat)) {
    const auto reversed = compare_integer_real(b, a.as_real());
    return reversed ? std::optional(-*reversed) : std::nullopt;
  }
  if (std::isnan(a.as_real()) || std::isnan(b.as_real())) return std::nullopt;
  return a.as_real() < b.as_real() ? -1 : a.as_real() > b.as_real() ? 1 : 0;
}

bool is_nan(const Value& value) { return value.is(Kind::kFloat) && std::isnan(value.as_real()); }

int compare_pointers(const void* a, const void* b) { return std::less<>()(a, b) ? -1 : a == b ? 0 : 1; }

Result<bool> equal_sequences(Runtime& rt, const std::vector<Value>& a, const std::vector<Value>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    TENFOLD_ASSIGN_OR_RETURN(const bool same, equal(rt, a[i], b[i]));
    if (!same) return false;
  }
  return true;
}

Result<bool> equal_dicts(Runtime& rt, const DictObject& a, const DictObject& b) {
  if (a.entries.size() != b.entries.size()) return false;
  for (const auto& [key, value] : a.entries) {
    TENFOLD_RETURN_IF_ERROR(check_key(rt.budget, key));
    const Value* other = b.find(key);
    if (other == nullptr) return false;
    TENFOLD_ASSIGN_OR_RETURN(const bool same, equal(rt, value, *other));
    if (!same) return false;
  }
  return true;
}

bool equal_ranges(const RangeObject& a, const RangeObject& b) {
  if (a.length != b.length || a.length == 0) return a.length == b.length;
  return a.start == b.start && (a.length == 1 || a.step == b.step);
}

// What sign(a ? b) must be for the order to hold.
bool order_holds(Order order, int sign) {
  switch (order) {
    case Order::kLess: return sign < 0;
    case Order::kLessEqual: return sign <= 0;
    case Order::kGreater: return sign > 0;
    case Order::kGreaterEqual: return sign >= 0;
  }
  return false;
}

std::string_view order_name(Order order) {
  constexpr std::string_view kNames[] = {"<", "<=", ">", ">="};
  return kNames[static_cast<int>(order)];
}

Result<bool> ordered_sequences(Runtime& rt, Order order, const std::vector<Value>& a, const std::vector<Value>& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    TENFOLD_ASSIGN_OR_RETURN(const bool same, equal(rt, a[i], b[i]));
    if (!same) return ordered(rt, order, a[i], b[i]);
  }
  return order_holds(order, a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0);
}

}  // namespace

bool truthy(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
    case Kind::kNone: return false;
    case Kind::kBool:
    case Kind::kInt: return value.as_integer() != 0;
    case Kind::kFloat: return value.as_real() != 0.0;
    case Kind::kString: return !value.text().empty();
    default: return length_of(value).value_or(1) != 0;
  }
}

std::optional<std::size_t> length_of(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined: return 0;
    case Kind::kString: return count_code_points(value.text());
    case Kind::kList:
    case Kind::kTuple: return value.items().size();
    case Kind::kDict: return value.dict().entries.size();
    case Kind::kRange: return value.object<RangeObject>().length;
    case Kind::kDictView: return value.object<DictViewObject>().source.dict().entries.size();
    default: return std::nullopt;
  }
}

Result<bool> equal(Runtime& rt, const Value& a, const Value& b) {
  const DepthScope depth(rt.budget);
  TENFOLD_RETURN_IF_ERROR(depth.status());
  TENFOLD_RETURN_IF_ERROR(rt.budget.step());
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kUndefined:
    case Kind::kNone: return true;
    case Kind::kString: TENFOLD_RETURN_IF_ERROR(rt.budget.copy(a.text().size())); return a.text() == b.text();
    case Kind::kList:
    case Kind::kTuple: return equal_sequences(rt, a.items(), b.items());
    case Kind::kDict: return equal_dicts(rt, a.dict(), b.dict());
    case Kind::kRange: return equal_ranges(a.object<RangeObject>(), b.object<RangeObject>());
    case Kind::kFunction: return &a.as_function() == &b.as_function();
    default: return a.object_pointer() == b.object_pointer();
  }
}

bool identical(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kUndefined: return a.object_pointer() == b.object_pointer();
    case Kind::kNone: return true;
    case Kind::kBool:
    case Kind::kInt: return a.as_integer() == b.as_integer();
    case Kind::kFloat: return a.as_real() == b.as_real();
    case Kind::kLargeInt: return a.digits() == b.digits();
    case Kind::kString: return a.text() == b.text() && a.is_markup() == b.is_markup();
    case Kind::kFunction: return &a.as_function() == &b.as_function();
    case Kind::kTuple: return a.object_pointer() == b.object_pointer() || (a.items().empty() && b.items().empty());
    default: return a.object_pointer() == b.object_pointer();
  }
}

Result<bool> ordered(Runtime& rt, Order order, const Value& a, const Value& b) {
  const DepthScope depth(rt.budget);
  TENFOLD_RETURN_IF_ERROR(depth.status());
  TENFOLD_RETURN_IF_ERROR(rt.budget.step());
  if (a.is_undefined() || b.is_undefined()) {
    return invalid_argument((a.is_undefined() ? a : b).undefined_reason());
  }
  if (a.is_number() && b.is_number()) {
    const auto sign = compare_numbers(a, b);
    return sign.has_value() && order_holds(order, *sign);
  }
  if (a.is_string() && b.is_string()) {
    TENFOLD_RETURN_IF_ERROR(rt.budget.copy(a.text().size()));
    // UTF-8 sorts bytewise as its code points do.
    return order_holds(order, a.text().compare(b.text()));
  }
  if (a.kind() == b.kind() && a.is_list_or_tuple()) return ordered_sequences(rt, order, a.items(), b.items());
  return invalid_argument("'", order_name(order), "' not supported between instances of '", type_name(a), "' and '",
                          type_name(b), "'");
}

Result<bool> contains(Runtime& rt, const Value& haystack, const Value& needle) {
  if (haystack.is_string()) {
    if (!needle.is_string()) {
      return invalid_argument("'in <string>' requires string as left operand, not ", type_name(needle));
    }
    TENFOLD_RETURN_IF_ERROR(pay_for_search(rt.budget, haystack.text().size(), needle.text().size()));
    return find_text(haystack.text(), needle.text()) != std::string_view::npos;
  }
  if (haystack.is(Kind::kDict)) {
    TENFOLD_RETURN_IF_ERROR(check_key(rt.budget, needle));
    return haystack.dict().find(needle) != nullptr;
  }
  TENFOLD_ASSIGN_OR_RETURN(Walk walk, Walk::over(haystack));
  while (true) {
    TENFOLD_ASSIGN_OR_RETURN(const std::optional<Value> item, walk.next(rt));
    if (!item) return false;
    if (item->object_pointer() != nullptr && item->object_pointer() == needle.object_pointer()) return true;
    TENFOLD_ASSIGN_OR_RETURN(const bool same, equal(rt, *item, needle));
    if (same) return true;
  }
}

Status check_key(Budget& budget, const Value& value) {
  const DepthScope depth(budget);
  TENFOLD_RETURN_IF_ERROR(depth.status());
  switch (value.kind()) {
    case Kind::kList:
    case Kind::kDict:
    case Kind::kDictView: return invalid_argument("unhashable type: '", type_name(value), "'");
    case Kind::kString: return budget.copy(value.text().size());
    case Kind::kTuple:
      TENFOLD_RETURN_IF_ERROR(budget.step());
      for (const Value& item : value.items()) TENFOLD_RETURN_IF_ERROR(check_key(budget, item));
      return {};
    default: return budget.step();
  }
}

int compare_keys(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    // A NaN comes after all numbers and is, unlike in Python, the same key as another NaN.
    return compare_numbers(a, b).value_or(int{is_nan(a)} - int{is_nan(b)});
  }
  const auto rank = [](const Value& value) { return value.is_number() ? Kind::kInt : value.kind(); };
  if (rank(a) != rank(b)) return rank(a) < rank(b) ? -1 : 1;
  switch (a.kind()) {
    case Kind::kUndefined:
    case Kind::kNone: return 0;
    case Kind::kString: {
      const int order = a.text().compare(b.text());
      return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    case Kind::kTuple:
      for (std::size_t i = 0; i < a.items().size() && i < b.items().size(); ++i) {
        if (const int order = compare_keys(a.items()[i], b.items()[i]); order != 0) return order;
      }
      return a.items().size() < b.items().size() ? -1 : a.items().size() > b.items().size() ? 1 : 0;
    case Kind::kFunction: return compare_pointers(&a.as_function(), &b.as_function());
    default: return compare_pointers(a.object_pointer(), b.object_pointer());
  }
}

}  // namespace tenfold::jinja
