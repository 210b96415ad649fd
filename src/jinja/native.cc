#include "jinja/native.h"

#include <algorithm>

#include "base/error.h"
#include "jinja/compare.h"

namespace tenfold::jinja {

Result<std::int64_t> Bound::integer(std::size_t i, std::int64_t fallback) const {
  if (!given(i)) return fallback;
  if (values_[i]->is_integral()) return values_[i]->as_integer();
  return invalid_argument("expected an integer argument, found ", type_name(*values_[i]));
}

Result<std::string_view> Bound::text(std::size_t i, std::string_view fallback) const {
  if (!given(i)) return fallback;
  if (values_[i]->is_string()) return std::string_view(values_[i]->text());
  return invalid_argument("expected a string argument, found ", type_name(*values_[i]));
}

bool Bound::truth(std::size_t i, bool fallback) const { return given(i) ? truthy(*values_[i]) : fallback; }

Status Bound::bind(const NativeSpec& spec, const Arguments& arguments) {
  raw_ = &arguments;
  if (spec.passing == Passing::kFree) return {};
  std::size_t n_parameters = 0;
  while (n_parameters < kMaxParameters && !spec.parameters[n_parameters].empty()) ++n_parameters;
  if (arguments.positional.size() > n_parameters) {
    return invalid_argument(spec.name, ": expected at most ", n_parameters, " arguments, found ",
                            arguments.positional.size());
  }
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) values_[i] = &arguments.positional[i];
  for (const auto& [name, value] : arguments.keyword) {
    std::size_t i = 0;
    while (i < n_parameters && spec.parameters[i] != name) ++i;
    if (i == n_parameters || spec.passing == Passing::kByPosition) {
      return invalid_argument(spec.name, ": unexpected keyword argument '", printable(name), "'");
    }
    if (values_[i] != nullptr) return invalid_argument(spec.name, ": argument '", name, "' given twice");
    values_[i] = &value;
  }
  for (std::size_t i = 0; i < spec.n_required; ++i) {
    if (values_[i] == nullptr) return invalid_argument(spec.name, ": missing argument '", spec.parameters[i], "'");
  }
  return {};
}

namespace {

// Lists and the like may hold a given text, whatever is in them.
bool may_hold_given(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kLargeInt:
    case Kind::kFloat:
    case Kind::kRange:
    case Kind::kFunction: return false;
    case Kind::kString: return value.origin() != Origin::kTemplate;
    default: return true;
  }
}

bool may_hold_given(const Value& self, const Arguments& arguments) {
  const auto is_given = [](const auto& argument) { return may_hold_given(argument.second); };
  return may_hold_given(self) || std::any_of(arguments.keyword.begin(), arguments.keyword.end(), is_given) ||
         std::any_of(arguments.positional.begin(), arguments.positional.end(),
                     [](const Value& argument) { return may_hold_given(argument); });
}

}  // namespace

Result<Value> call_native(Runtime& rt, const NativeSpec& spec, const Value& self, const Arguments& arguments) {
  TENFOLD_RETURN_IF_ERROR(rt.budget.step(1 + arguments.positional.size() / 4 + arguments.keyword.size()));
  Bound bound;
  TENFOLD_RETURN_IF_ERROR(bound.bind(spec, arguments));
  Result<Value> result = spec.function(rt, self, bound);
  // A string that a function has not marked is given, unless nothing given went in.
  const bool unmarked = result.ok() && result->is_string() && result->origin() == Origin::kGiven;
  return unmarked && !may_hold_given(self, arguments) ? result->with_origin(Origin::kTemplate) : result;
}

const NativeSpec* find_native(std::span<const NativeSpec> table, std::string_view name) {
  for (const NativeSpec& spec : table) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

}  // namespace tenfold::jinja
