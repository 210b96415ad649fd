#include "jinja/globals.h"

#include "base/error.h"
#include "jinja/strftime.h"
#include "jinja/value_text.h"
#include "jinja/walk.h"

namespace tenfold::jinja {

namespace {

constexpr std::size_t kMaxRange = 100'000;  // the sandbox's own limit

Result<Value> range(Runtime& rt, const Value&, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(std::int64_t start, arguments.integer(0, 0));
  std::int64_t stop = start;
  if (arguments.given(1)) {
    TENFOLD_ASSIGN_OR_RETURN(stop, arguments.integer(1, 0));
  } else {
    start = 0;
  }
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t step, arguments.integer(2, 1));
  if (step == 0) return invalid_argument("range() arg 3 must not be zero");
  auto made = std::make_shared<RangeObject>(&rt.heap, start, stop, step);
  if (made->length > kMaxRange) return resource_exhausted("range of more than ", kMaxRange, " numbers");
  return Value(std::move(made), Kind::kRange);
}

// The entries of dict(mapping or pairs, **keywords).
Result<std::vector<DictObject::Entry>> dict_entries(Runtime& rt, const Arguments& raw) {
  if (raw.positional.size() > 1) return invalid_argument("dict expected at most 1 argument");
  std::vector<DictObject::Entry> entries;
  if (!raw.positional.empty() && raw.positional[0].is(Kind::kDict)) {
    entries = raw.positional[0].dict().entries;
    TENFOLD_RETURN_IF_ERROR(rt.budget.step(entries.size()));
  } else if (!raw.positional.empty()) {
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> pairs, collect(rt, raw.positional[0]));
    for (const Value& pair : pairs) {
      TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> parts, collect(rt, pair));
      if (parts.size() != 2) return invalid_argument("dict: expected pairs, found ", parts.size(), " items");
      entries.emplace_back(parts[0], parts[1]);
    }
  }
  TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(entries.size() * sizeof(DictObject::Entry)));
  for (const auto& [name, value] : raw.keyword) entries.emplace_back(make_string(&rt.heap, name), value);
  return entries;
}

Result<Value> dict(Runtime& rt, const Value&, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(std::vector<DictObject::Entry> entries, dict_entries(rt, arguments.raw()));
  return make_dict(&rt.heap, std::move(entries));
}

Result<Value> make_namespace(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const Value attributes, dict(rt, self, arguments));
  auto made = rt.heap.make<NamespaceObject>();
  for (const auto& [key, value] : attributes.dict().entries) {
    if (!key.is_string()) continue;  // unreachable by any name
    if (key.text().starts_with("_")) {
      return invalid_argument("namespace attributes cannot start with an underscore: '", printable(key.text()), "'");
    }
    TENFOLD_RETURN_IF_ERROR(rt.budget.step());
    made->attributes.emplace_back(key.text(), value);
    made->account(sizeof(made->attributes[0]) + key.text().size());
  }
  return Value(std::move(made), Kind::kNamespace);
}

Result<Value> cycler(Runtime& rt, const Value&, const Bound& arguments) {
  const Arguments& raw = arguments.raw();
  if (raw.positional.empty() || !raw.keyword.empty())
    return invalid_argument("cycler: at least one item has to be provided");
  return Value(std::make_shared<CyclerObject>(&rt.heap, raw.positional), Kind::kCycler);
}

Result<Value> joiner(Runtime& rt, const Value&, const Bound& arguments) {
  const Value separator = arguments.given(0) ? arguments[0] : make_string(&rt.heap, MarkedView::written(", "));
  return Value(std::make_shared<JoinerObject>(&rt.heap, separator), Kind::kJoiner);
}

Result<Value> raise_exception(Runtime& rt, const Value&, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const MarkedText message, to_text(rt, arguments[0]));
  return invalid_argument("the template refuses: ", printable(message.text, 400));
}

Result<Value> strftime_now(Runtime& rt, const Value&, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view format, arguments.text(0, ""));
  TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(32 * format.size()));
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(32 * format.size()));
  TENFOLD_ASSIGN_OR_RETURN(std::string text, format_local_time(format, rt.now_s));
  return make_string(&rt.heap, std::move(text));
}

constexpr NativeSpec kGlobals[] = {
    {"cycler", {}, 0, cycler, Passing::kFree},
    {"dict", {}, 0, dict, Passing::kFree},
    {"joiner", {"sep"}, 0, joiner},
    {"namespace", {}, 0, make_namespace, Passing::kFree},
    {"raise_exception", {"message"}, 1, raise_exception},
    {"range", {"start", "stop", "step"}, 1, range, Passing::kByPosition},
    {"strftime_now", {"format"}, 1, strftime_now},
};

}  // namespace

const NativeSpec* find_global(std::string_view name) { return find_native(kGlobals, name); }

bool is_missing_global(std::string_view name) { return name == "lipsum" || name == "self"; }

}  // namespace tenfold::jinja
