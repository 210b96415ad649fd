#include "base/error.h"
#include "jinja/compare.h"
#include "jinja/methods.h"

namespace tenfold::jinja {

namespace {

Result<Value> list_count(Runtime& rt, const Value& self, const Bound& arguments) {
  std::int64_t n = 0;
  for (const Value& item : self.items()) {
    TENFOLD_ASSIGN_OR_RETURN(const bool same, equal(rt, item, arguments[0]));
    n += same ? 1 : 0;
  }
  return Value::integer(n);
}

Result<Value> list_index(Runtime& rt, const Value& self, const Bound& arguments) {
  const auto length = static_cast<std::int64_t>(self.items().size());
  TENFOLD_ASSIGN_OR_RETURN(std::int64_t from, arguments.integer(1, 0));
  TENFOLD_ASSIGN_OR_RETURN(std::int64_t to, arguments.integer(2, length));
  if (from < 0) from = from < -length ? 0 : from + length;
  if (to < 0) to = to < -length ? 0 : to + length;
  for (std::int64_t i = from; i < to && i < length; ++i) {
    TENFOLD_ASSIGN_OR_RETURN(const bool same, equal(rt, self.items()[static_cast<std::size_t>(i)], arguments[0]));
    if (same) return Value::integer(i);
  }
  return invalid_argument("value is not in the ", type_name(self));
}

// Nothing changes a list or dict, so a copy may be the thing itself.
Result<Value> copy(Runtime&, const Value& self, const Bound&) { return self; }

Result<Value> dict_get(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_RETURN_IF_ERROR(check_key(rt.budget, arguments[0]));
  if (const Value* value = self.dict().find(arguments[0]); value != nullptr) return *value;
  return arguments.given(1) ? arguments[1] : Value::none();
}

template <DictViewObject::Part kPart>
Result<Value> dict_view(Runtime& rt, const Value& self, const Bound&) {
  return Value(std::make_shared<DictViewObject>(&rt.heap, self, kPart), Kind::kDictView);
}

Result<Value> cycler_next(Runtime&, const Value& self, const Bound&) {
  auto& cycler = self.object<CyclerObject>();
  const Value item = cycler.items[cycler.position];
  cycler.position = (cycler.position + 1) % cycler.items.size();
  return item;
}

Result<Value> cycler_reset(Runtime&, const Value& self, const Bound&) {
  self.object<CyclerObject>().position = 0;
  return Value::none();
}

constexpr NativeSpec kListMethods[] = {
    {"copy", {}, 0, copy, Passing::kByPosition},
    {"count", {"value"}, 1, list_count, Passing::kByPosition},
    {"index", {"value", "start", "stop"}, 1, list_index, Passing::kByPosition},
};

constexpr NativeSpec kDictMethods[] = {
    {"copy", {}, 0, copy, Passing::kByPosition},
    {"get", {"key", "default"}, 1, dict_get, Passing::kByPosition},
    {"items", {}, 0, dict_view<DictViewObject::Part::kItems>, Passing::kByPosition},
    {"keys", {}, 0, dict_view<DictViewObject::Part::kKeys>, Passing::kByPosition},
    {"values", {}, 0, dict_view<DictViewObject::Part::kValues>, Passing::kByPosition},
};

constexpr NativeSpec kCyclerMethods[] = {
    {"next", {}, 0, cycler_next, Passing::kByPosition},
    {"reset", {}, 0, cycler_reset, Passing::kByPosition},
};

}  // namespace

std::span<const NativeSpec> list_methods() { return kListMethods; }
std::span<const NativeSpec> dict_methods() { return kDictMethods; }
std::span<const NativeSpec> cycler_methods() { return kCyclerMethods; }

}  // namespace tenfold::jinja
