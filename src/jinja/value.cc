#include "jinja/value.h"

#include <algorithm>
#include <charconv>

#include "base/contracts.h"
#include "base/error.h"
#include "jinja/compare.h"
#include "jinja/number_text.h"

namespace tenfold::jinja {

namespace {

// Below this, comparing every key is faster than searching.
constexpr std::size_t kMinSearchedEntries = 9;

int depth_over(const std::vector<Value>& values) {
  int deepest = 0;
  for (const Value& value : values) deepest = std::max(deepest, value.depth());
  return deepest + 1;
}

int depth_over(const std::vector<DictObject::Entry>& entries) {
  int deepest = 0;
  for (const auto& [key, value] : entries) deepest = std::max({deepest, key.depth(), value.depth()});
  return deepest + 1;
}

std::size_t range_length(std::int64_t start, std::int64_t stop, std::int64_t step) {
  const auto span = [](std::int64_t low, std::int64_t high) {
    return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  };
  if (step > 0) return start < stop ? (span(start, stop) - 1) / static_cast<std::uint64_t>(step) + 1 : 0;
  return start > stop ? (span(stop, start) - 1) / (0 - static_cast<std::uint64_t>(step)) + 1 : 0;
}

}  // namespace

Value Value::boolean(bool value) {
  Value result(Kind::kBool);
  result.integer_ = value ? 1 : 0;
  return result;
}

Value Value::integer(std::int64_t value) {
  Value result(Kind::kInt);
  result.integer_ = value;
  return result;
}

Value Value::real(double value) {
  Value result(Kind::kFloat);
  result.real_ = value;
  return result;
}

Value Value::function(const NativeSpec& spec) {
  Value result(Kind::kFunction);
  result.spec_ = &spec;
  return result;
}

double Value::as_real() const {
  TENFOLD_DCHECK(is_number());
  if (kind_ == Kind::kFloat) return real_;
  if (kind_ == Kind::kLargeInt) return parse_float(object<StringObject>().text).value_or(0.0);
  return static_cast<double>(integer_);
}

std::string Value::digits() const {
  TENFOLD_DCHECK(is_integral() || is(Kind::kLargeInt));
  return kind_ == Kind::kLargeInt ? object<StringObject>().text : cat(integer_);
}

bool Value::is_negative_integer() const {
  return kind_ == Kind::kLargeInt ? object<StringObject>().text.front() == '-' : is_integral() && integer_ < 0;
}

Value Value::with_markup(bool markup) const {
  Value result = *this;
  result.markup_ = markup;
  return result;
}

Value Value::with_origin(Origin origin) const {
  TENFOLD_DCHECK(is_string());
  Value result = *this;
  result.origin_ = origin;
  return result;
}

MarkedView Value::view() const {
  TENFOLD_DCHECK(is_string());
  const auto& string = object<StringObject>();
  if (origin_ != Origin::kMixed) return {string.text, origin_};
  return {string.text, origin_, string.given};
}

const std::string& Value::text() const {
  TENFOLD_DCHECK(is_string());
  return object<StringObject>().text;
}

const std::vector<Value>& Value::items() const {
  TENFOLD_DCHECK(is_list_or_tuple());
  return object<SequenceObject>().items;
}

const DictObject& Value::dict() const {
  TENFOLD_DCHECK(is(Kind::kDict));
  return object<DictObject>();
}

std::string_view Value::undefined_reason() const {
  TENFOLD_DCHECK(is_undefined());
  return object_ == nullptr ? std::string_view("value is undefined") : object<StringObject>().text;
}

SequenceObject::SequenceObject(Heap* owner, std::vector<Value> values)
    : Object(owner, sizeof(SequenceObject) + values.capacity() * sizeof(Value), depth_over(values)),
      items(std::move(values)) {}
SequenceObject::~SequenceObject() = default;

DictObject::DictObject(Heap* owner, std::vector<Entry> values, std::vector<std::uint32_t> order)
    : Object(owner, sizeof(DictObject) + values.capacity() * sizeof(Entry) + order.capacity() * sizeof(order[0]),
             depth_over(values)),
      entries(std::move(values)),
      by_key(std::move(order)) {
  TENFOLD_DCHECK(by_key.empty() || by_key.size() == entries.size());
}
DictObject::~DictObject() = default;

const Value* DictObject::find(const Value& key) const {
  if (by_key.empty()) {
    for (const auto& [candidate, value] : entries) {
      if (compare_keys(candidate, key) == 0) return &value;
    }
    return nullptr;
  }
  const auto at = std::lower_bound(by_key.begin(), by_key.end(), key, [&](std::uint32_t i, const Value& wanted) {
    return compare_keys(entries[i].first, wanted) < 0;
  });
  if (at == by_key.end() || compare_keys(entries[*at].first, key) != 0) return nullptr;
  return &entries[*at].second;
}

const Value* DictObject::find(std::string_view key) const {
  if (!by_key.empty()) return find(make_string(nullptr, std::string(key)));
  for (const auto& [candidate, value] : entries) {
    if (candidate.is_string() && candidate.text() == key) return &value;
  }
  return nullptr;
}

RangeObject::RangeObject(Heap* owner, std::int64_t from, std::int64_t to, std::int64_t by)
    : Object(owner, sizeof(RangeObject), 0), start(from), stop(to), step(by), length(range_length(from, to, by)) {
  TENFOLD_DCHECK(by != 0);
}

IteratorObject::IteratorObject(Heap* owner, std::vector<Value> values, Status failed)
    : Object(owner, sizeof(IteratorObject) + values.capacity() * sizeof(Value), depth_over(values)),
      items(std::move(values)),
      failure(std::move(failed)) {}
IteratorObject::~IteratorObject() = default;

CyclerObject::CyclerObject(Heap* owner, std::vector<Value> values)
    : Object(owner, sizeof(CyclerObject) + values.capacity() * sizeof(Value), depth_over(values)),
      items(std::move(values)) {}

void NamespaceObject::drop_values() noexcept { attributes.clear(); }

Value* NamespaceObject::find(std::string_view name) {
  for (auto& [candidate, value] : attributes) {
    if (candidate == name) return &value;
  }
  return nullptr;
}

void NamespaceObject::set(std::string_view name, Value value) {
  if (Value* present = find(name); present != nullptr) {
    *present = std::move(value);
    return;
  }
  attributes.emplace_back(std::string(name), std::move(value));
  account(sizeof(attributes[0]) + name.size());
}

Value make_integer(Heap* heap, std::string digits) {
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error == std::errc() && stop == end) return Value::integer(value);
  return Value(std::make_shared<StringObject>(heap, std::move(digits)), Kind::kLargeInt);
}

Value make_string(Heap* heap, std::string text) {
  return Value(std::make_shared<StringObject>(heap, std::move(text)), Kind::kString);
}

Value make_string(Heap* heap, MarkedText text) {
  const Origin origin = text.origin();
  if (origin != Origin::kMixed) text.given = {};
  const auto object = std::make_shared<StringObject>(heap, std::move(text.text), std::move(text.given));
  return Value(object, Kind::kString).with_origin(origin);
}

Value make_string(Heap* heap, const MarkedView& text) {
  if (text.origin != Origin::kMixed) return make_string(heap, std::string(text.text)).with_origin(text.origin);
  MarkedText copy;
  copy.append(text);
  return make_string(heap, std::move(copy));
}

Value make_list(Heap* heap, std::vector<Value> items) {
  return Value(std::make_shared<SequenceObject>(heap, std::move(items)), Kind::kList);
}

Value make_tuple(Heap* heap, std::vector<Value> items) {
  return Value(std::make_shared<SequenceObject>(heap, std::move(items)), Kind::kTuple);
}

Value make_iterator(Heap* heap, std::vector<Value> items, Status failure) {
  return Value(std::make_shared<IteratorObject>(heap, std::move(items), std::move(failure)), Kind::kIterator);
}

Value make_undefined(Heap* heap, std::string reason) {
  return Value(std::make_shared<StringObject>(heap, std::move(reason)), Kind::kUndefined);
}

Result<Value> make_dict(Heap* heap, std::vector<DictObject::Entry> entries) {
  if (heap != nullptr) {  // else the entries come from JSON, whose keys are strings
    for (const auto& [key, value] : entries) TENFOLD_RETURN_IF_ERROR(check_key(heap->budget(), key));
  }
  std::vector<std::uint32_t> by_key(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) by_key[i] = static_cast<std::uint32_t>(i);
  std::sort(by_key.begin(), by_key.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int order = compare_keys(entries[a].first, entries[b].first);
    return order != 0 ? order < 0 : a < b;
  });
  // Of entries with one key, the first keeps its place and gets the value of the last.
  std::vector<bool> repeats(entries.size());
  std::size_t n_repeats = 0;
  for (std::size_t begin = 0, i = 1; i < by_key.size(); ++i) {
    if (compare_keys(entries[by_key[begin]].first, entries[by_key[i]].first) != 0) {
      begin = i;
      continue;
    }
    entries[by_key[begin]].second = std::move(entries[by_key[i]].second);
    repeats[by_key[i]] = true;
    ++n_repeats;
  }
  if (n_repeats > 0) {
    std::vector<DictObject::Entry> unique;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!repeats[i]) unique.push_back(std::move(entries[i]));
    }
    return make_dict(heap, std::move(unique));
  }
  if (entries.size() < kMinSearchedEntries) by_key.clear();
  return Value(std::make_shared<DictObject>(heap, std::move(entries), std::move(by_key)), Kind::kDict);
}

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::kUndefined: return "Undefined";
    case Kind::kNone: return "NoneType";
    case Kind::kBool: return "bool";
    case Kind::kInt: return "int";
    case Kind::kLargeInt: return "int beyond 64 bits";
    case Kind::kFloat: return "float";
    case Kind::kString: return value.is_markup() ? "Markup" : "str";
    case Kind::kList: return "list";
    case Kind::kTuple: return "tuple";
    case Kind::kDict: return "dict";
    case Kind::kRange: return "range";
    case Kind::kDictView: return "dict view";
    case Kind::kIterator: return "generator";
    case Kind::kNamespace: return "Namespace";
    case Kind::kMacro: return "Macro";
    case Kind::kMethod: return "method";
    case Kind::kFunction: return "function";
    case Kind::kLoop: return "LoopContext";
    case Kind::kCycler: return "Cycler";
    case Kind::kJoiner: return "Joiner";
  }
  return "object";
}

}  // namespace tenfold::jinja
