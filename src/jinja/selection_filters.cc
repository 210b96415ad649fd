// map, select, reject, selectattr, rejectattr: filters that apply other filters and tests to each item.
#include "base/error.h"
#include "jinja/compare.h"
#include "jinja/filters.h"
#include "jinja/is_tests.h"
#include "jinja/subscript.h"
#include "jinja/walk.h"

namespace tenfold::jinja {

namespace {

// Walks over `source` into an iterator. A failure belongs to the item where it happened: Python's generators fail only
// when the walk gets there. Running out of budget is a failure now.
template <typename Append>
Result<Value> lazily(Runtime& rt, const Value& source, Append append) {
  std::vector<Value> out;
  const auto walk_all = [&]() -> Status {
    if (!truthy(source)) return {};
    TENFOLD_ASSIGN_OR_RETURN(Walk walk, Walk::over(source));
    while (true) {
      TENFOLD_ASSIGN_OR_RETURN(const std::optional<Value> item, walk.next(rt));
      if (!item) return {};
      TENFOLD_RETURN_IF_ERROR(append(*item, out));
      if (out.size() % 1024 == 1023) TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(out.size() * sizeof(Value)));
    }
  };
  Status status = walk_all();
  if (status.code() == StatusCode::kResourceExhausted) return status;
  return make_iterator(&rt.heap, std::move(out), std::move(status));
}

// The arguments from position `n` on, with all keywords.
Arguments arguments_after(const Arguments& raw, std::size_t n) {
  Arguments rest;
  rest.positional.assign(raw.positional.begin() + static_cast<std::ptrdiff_t>(n), raw.positional.end());
  rest.keyword = raw.keyword;
  return rest;
}

Result<Value> map_attribute(Runtime& rt, const Value& self, const Arguments& raw) {
  const Value* attribute = nullptr;
  const Value* fallback = nullptr;
  for (const auto& [name, value] : raw.keyword) {
    if (name != "attribute" && name != "default") {
      return make_iterator(&rt.heap, {}, invalid_argument("map: unexpected keyword argument '", printable(name), "'"));
    }
    (name == "attribute" ? attribute : fallback) = &value;
  }
  if (fallback != nullptr && fallback->is(Kind::kNone)) fallback = nullptr;
  return lazily(rt, self, [&](const Value& item, std::vector<Value>& out) -> Status {
    TENFOLD_ASSIGN_OR_RETURN(Value value, get_path(rt, item, *attribute, fallback));
    out.push_back(std::move(value));
    return {};
  });
}

Result<Value> map(Runtime& rt, const Value& self, const Bound& arguments) {
  const Arguments& raw = arguments.raw();
  bool by_attribute = false;
  for (const auto& [name, value] : raw.keyword) by_attribute |= name == "attribute";
  if (raw.positional.empty() && by_attribute) return map_attribute(rt, self, raw);
  return lazily(rt, self, [&](const Value& item, std::vector<Value>& out) -> Status {
    if (raw.positional.empty()) return invalid_argument("map requires a filter argument");
    if (!raw.positional[0].is_string()) return invalid_argument("map: expected the name of a filter");
    const NativeSpec* spec = find_filter(raw.positional[0].text());
    if (spec == nullptr) return no_such_filter(raw.positional[0].text());
    TENFOLD_ASSIGN_OR_RETURN(Value value, call_native(rt, *spec, item, arguments_after(raw, 1)));
    out.push_back(std::move(value));
    return {};
  });
}

enum class Keep { kMatching, kOther };
enum class LookAt { kItem, kAttribute };

template <Keep kKeep, LookAt kLookAt>
Result<Value> selection(Runtime& rt, const Value& self, const Bound& arguments) {
  const Arguments& raw = arguments.raw();
  const std::size_t n_before = kLookAt == LookAt::kAttribute ? 1 : 0;
  return lazily(rt, self, [&](const Value& item, std::vector<Value>& out) -> Status {
    if (raw.positional.size() < n_before) return invalid_argument("Missing parameter for attribute name");
    Value tested = item;
    if (kLookAt == LookAt::kAttribute) {
      TENFOLD_ASSIGN_OR_RETURN(tested, get_path(rt, item, raw.positional[0], nullptr));
    }
    bool matches = truthy(tested);
    if (raw.positional.size() > n_before) {
      const Value& name = raw.positional[n_before];
      if (!name.is_string()) return invalid_argument("select: expected the name of a test");
      const NativeSpec* spec = find_test(name.text());
      if (spec == nullptr) return no_such_test(name.text());
      TENFOLD_ASSIGN_OR_RETURN(const Value result, call_native(rt, *spec, tested, arguments_after(raw, n_before + 1)));
      matches = truthy(result);
    }
    if (matches == (kKeep == Keep::kMatching)) out.push_back(item);
    return {};
  });
}

constexpr NativeSpec kSelectionFilters[] = {
    {"map", {}, 0, map, Passing::kFree},
    {"reject", {}, 0, selection<Keep::kOther, LookAt::kItem>, Passing::kFree},
    {"rejectattr", {}, 0, selection<Keep::kOther, LookAt::kAttribute>, Passing::kFree},
    {"select", {}, 0, selection<Keep::kMatching, LookAt::kItem>, Passing::kFree},
    {"selectattr", {}, 0, selection<Keep::kMatching, LookAt::kAttribute>, Passing::kFree},
};

}  // namespace

std::span<const NativeSpec> selection_filters() { return kSelectionFilters; }

}  // namespace tenfold::jinja
