#include "jinja/walk.h"

#include "base/error.h"
#include "jinja/compare.h"
#include "jinja/string_ops.h"

namespace tenfold::jinja {

namespace {

Value view_item(Heap* heap, const DictObject::Entry& entry, DictViewObject::Part part) {
  switch (part) {
    case DictViewObject::Part::kKeys: return entry.first;
    case DictViewObject::Part::kValues: return entry.second;
    case DictViewObject::Part::kItems: break;
  }
  return make_tuple(heap, {entry.first, entry.second});
}

Result<std::optional<Value>> next_of_iterator(IteratorObject& iterator) {
  if (iterator.next < iterator.items.size()) return std::optional(iterator.items[iterator.next++]);
  if (!iterator.failure.ok()) return iterator.failure;
  return std::optional<Value>();
}

}  // namespace

bool is_walkable(const Value& value) {
  // Counting the characters of a string would be too much work for this question.
  return value.is_string() || length_of(value).has_value() || value.is(Kind::kIterator) || value.is(Kind::kLoop);
}

Result<Walk> Walk::over(const Value& source) {
  if (source.is(Kind::kLoop)) return unsupported("walking over the loop variable is not supported");
  if (is_walkable(source)) return Walk(source);
  return invalid_argument("'", type_name(source), "' object is not iterable");
}

Result<std::optional<Value>> Walk::next(Runtime& rt) {
  TENFOLD_RETURN_IF_ERROR(rt.budget.step());
  if (source_.is(Kind::kIterator)) return next_of_iterator(source_.object<IteratorObject>());
  if (source_.is_string()) {
    const std::string& text = source_.text();
    if (position_ >= text.size()) return std::optional<Value>();
    const std::size_t n_bytes = code_point_bytes(text[position_]);
    Value character = make_string(&rt.heap, source_.view().part(position_, n_bytes));
    position_ += n_bytes;
    return std::optional(std::move(character));  // plain even if the text is markup
  }
  if (position_ >= length_of(source_).value_or(0)) return std::optional<Value>();
  const std::size_t at = position_++;
  switch (source_.kind()) {
    case Kind::kList:
    case Kind::kTuple: return std::optional(source_.items()[at]);
    case Kind::kDict: return std::optional(source_.dict().entries[at].first);
    case Kind::kRange: return std::optional(Value::integer(source_.object<RangeObject>().at(at)));
    case Kind::kDictView: {
      const auto& view = source_.object<DictViewObject>();
      return std::optional(view_item(&rt.heap, view.source.dict().entries[at], view.part));
    }
    default: return std::optional<Value>();
  }
}

Result<std::vector<Value>> collect(Runtime& rt, const Value& value) {
  std::vector<Value> items;
  if (value.is_list_or_tuple()) {
    TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(value.items().size() * sizeof(Value)));
    TENFOLD_RETURN_IF_ERROR(rt.budget.step(1 + value.items().size() / 4));
    items = value.items();
    return items;
  }
  TENFOLD_ASSIGN_OR_RETURN(Walk walk, Walk::over(value));
  while (true) {
    TENFOLD_ASSIGN_OR_RETURN(std::optional<Value> item, walk.next(rt));
    if (!item) return items;
    items.push_back(*std::move(item));
    if (items.size() % 1024 == 0) TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(items.size() * sizeof(Value)));
  }
}

}  // namespace tenfold::jinja
