#include "jinja/subscript.h"

#include "base/error.h"
#include "jinja/compare.h"
#include "jinja/methods.h"
#include "jinja/number_text.h"
#include "jinja/string_ops.h"

namespace tenfold::jinja {

namespace {

Value undefined_attribute(Runtime& rt, const Value& object, std::string_view name) {
  return make_undefined(&rt.heap, cat("'", type_name(object), " object' has no attribute '", printable(name), "'"));
}

Result<std::int64_t> slice_step(const SliceBounds& bounds) {
  if (bounds.step == 0) return invalid_argument("slice step cannot be zero");
  return bounds.step.value_or(1);
}

Result<Value> slice_range(Runtime& rt, const RangeObject& range, const SliceBounds& bounds, std::int64_t step) {
  const SliceRange part = resolve_slice(range.length, bounds.start, bounds.stop, step);
  // The bound behind the last index of the slice, as Python prints it.
  const SliceRange to_end = resolve_slice(range.length, bounds.stop, std::nullopt, step);
  const std::int64_t stop_index = bounds.stop ? to_end.start
                                  : step > 0  ? static_cast<std::int64_t>(range.length)
                                              : std::int64_t{-1};
  std::int64_t new_step = 0;
  if (__builtin_mul_overflow(range.step, step, &new_step)) return unsupported("slice step leaves 64 bits");
  return Value(std::make_shared<RangeObject>(&rt.heap, range.start + part.start * range.step,
                                             range.start + stop_index * range.step, new_step),
               Kind::kRange);
}

// obj[key]; nothing where Python raises TypeError or LookupError.
Result<std::optional<Value>> find_item(Runtime& rt, const Value& object, const Value& key) {
  const auto index = [&](std::size_t length) -> std::optional<std::size_t> {
    if (!key.is_integral()) return std::nullopt;
    const std::int64_t at =
        key.as_integer() < 0 ? key.as_integer() + static_cast<std::int64_t>(length) : key.as_integer();
    if (at < 0 || at >= static_cast<std::int64_t>(length)) return std::nullopt;
    return static_cast<std::size_t>(at);
  };
  std::optional<Value> found;
  switch (object.kind()) {
    case Kind::kDict: {
      const Status checked = check_key(rt.budget, key);
      if (checked.code() == StatusCode::kResourceExhausted) return checked;
      if (!checked.ok()) return found;
      const Value* value = key.is_string() ? object.dict().find(key.text()) : object.dict().find(key);
      if (value != nullptr) found = *value;
      return found;
    }
    case Kind::kList:
    case Kind::kTuple:
      if (const auto at = index(object.items().size())) found = object.items()[*at];
      return found;
    case Kind::kString: {
      if (!key.is_integral()) return found;
      TENFOLD_RETURN_IF_ERROR(rt.budget.work(object.text().size()));
      if (const auto at = index(count_code_points(object.text()))) {
        const std::size_t begin = byte_of_code_point(object.text(), *at);
        const std::size_t n_bytes = code_point_bytes(object.text()[begin]);
        found = make_string(&rt.heap, object.view().part(begin, n_bytes)).with_markup(object.is_markup());
      }
      return found;
    }
    case Kind::kRange: {
      const auto& range = object.object<RangeObject>();
      if (const auto at = index(range.length)) found = Value::integer(range.at(*at));
      return found;
    }
    default: return found;
  }
}

}  // namespace

Result<std::optional<Value>> find_attribute(Runtime& rt, const Value& object, std::string_view name) {
  if (object.is_undefined()) return invalid_argument(object.undefined_reason());
  std::optional<Value> found;
  if (name.starts_with("__")) {
    found = make_undefined(&rt.heap, cat("access to attribute '", printable(name), "' is unsafe"));
    return found;
  }
  if (object.is(Kind::kNamespace)) {
    auto& attributes = object.object<NamespaceObject>();
    TENFOLD_RETURN_IF_ERROR(rt.budget.step(1 + attributes.attributes.size() / 16));
    if (const Value* value = attributes.find(name); value != nullptr) found = *value;
    return found;
  }
  if (object.is(Kind::kTuple) && object.object<SequenceObject>().is_group) {
    if (name == "grouper") found = object.items()[0];
    if (name == "list") found = object.items()[1];
    if (found) return found;
  }
  if (object.is(Kind::kRange) && (name == "start" || name == "stop" || name == "step")) {
    const auto& range = object.object<RangeObject>();
    found = Value::integer(name == "start" ? range.start : name == "stop" ? range.stop : range.step);
    return found;
  }
  const Method method = find_method(object, name);
  if (method.spec != nullptr) {
    found = Value(std::make_shared<MethodObject>(&rt.heap, object, *method.spec), Kind::kMethod);
  } else if (method.is_unsafe) {
    found =
        make_undefined(&rt.heap, cat("access to attribute '", name, "' of '", type_name(object), "' object is unsafe"));
  } else if (method.is_missing) {
    return unsupported("method '", name, "' of ", type_name(object), " is not supported");
  }
  return found;
}

Result<Value> get_attribute(Runtime& rt, const Value& object, std::string_view name) {
  TENFOLD_ASSIGN_OR_RETURN(std::optional<Value> found, find_attribute(rt, object, name));
  if (found) return *std::move(found);
  if (object.is(Kind::kDict)) {
    if (const Value* value = object.dict().find(name); value != nullptr) return *value;
  }
  return undefined_attribute(rt, object, name);
}

Result<Value> get_item(Runtime& rt, const Value& object, const Value& key) {
  if (object.is_undefined()) return invalid_argument(object.undefined_reason());
  TENFOLD_ASSIGN_OR_RETURN(std::optional<Value> found, find_item(rt, object, key));
  if (found) return *std::move(found);
  if (!key.is_string()) return make_undefined(&rt.heap, cat("'", type_name(object), " object' has no such element"));
  TENFOLD_ASSIGN_OR_RETURN(found, find_attribute(rt, object, key.text()));
  if (found) return *std::move(found);
  return undefined_attribute(rt, object, key.text());
}

Result<Value> get_slice(Runtime& rt, const Value& object, const SliceBounds& bounds) {
  if (object.is_undefined()) return invalid_argument(object.undefined_reason());
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t step, slice_step(bounds));
  if (object.is_string()) {
    const bool looks_up_marks = step != 1 && object.origin() == Origin::kMixed;
    TENFOLD_RETURN_IF_ERROR(rt.budget.work((looks_up_marks ? 8 : 1) * object.text().size()));
    TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(step == 1 ? object.view().n_bytes() : 9 * object.text().size()));
    const SliceRange range = resolve_slice(count_code_points(object.text()), bounds.start, bounds.stop, step);
    return make_string(&rt.heap, slice_text(object.view(), range)).with_markup(object.is_markup());
  }
  if (object.is(Kind::kRange)) return slice_range(rt, object.object<RangeObject>(), bounds, step);
  if (!object.is_list_or_tuple()) return invalid_argument("'", type_name(object), "' object cannot be sliced");
  const std::vector<Value>& items = object.items();
  const SliceRange range = resolve_slice(items.size(), bounds.start, bounds.stop, step);
  TENFOLD_RETURN_IF_ERROR(rt.budget.step(1 + range.count / 4));
  TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(range.count * sizeof(Value)));
  std::vector<Value> part;
  part.reserve(range.count);
  for (std::size_t i = 0; i < range.count; ++i) {
    part.push_back(items[static_cast<std::size_t>(range.start + static_cast<std::int64_t>(i) * step)]);
  }
  return object.is(Kind::kList) ? make_list(&rt.heap, std::move(part)) : make_tuple(&rt.heap, std::move(part));
}

Result<Value> get_path(Runtime& rt, const Value& object, const Value& path, const Value* fallback) {
  Value value = object;
  const auto descend = [&](const Value& key) -> Status {
    TENFOLD_ASSIGN_OR_RETURN(value, get_item(rt, value, key));
    if (fallback != nullptr && value.is_undefined()) value = *fallback;
    return {};
  };
  if (path.is(Kind::kNone)) return value;
  if (!path.is_string()) {
    TENFOLD_RETURN_IF_ERROR(descend(path));
    return value;
  }
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(8 * path.text().size()));
  for (const std::string_view part : split(path.text(), ".", -1)) {
    const bool digits = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    std::optional<std::string> number;
    if (digits) {
      TENFOLD_ASSIGN_OR_RETURN(number, parse_integer(part, 10));
    }
    const Value key = number ? make_integer(&rt.heap, *number) : make_string(&rt.heap, std::string(part));
    TENFOLD_RETURN_IF_ERROR(descend(key));
  }
  return value;
}

}  // namespace tenfold::jinja
