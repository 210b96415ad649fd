#include <algorithm>

#include "base/error.h"
#include "jinja/compare.h"
#include "jinja/filters.h"
#include "jinja/operators.h"
#include "jinja/sorted_order.h"
#include "jinja/string_ops.h"
#include "jinja/subscript.h"
#include "jinja/unicode.h"
#include "jinja/value_text.h"
#include "jinja/walk.h"

namespace tenfold::jinja {

namespace {

// What sorting and comparing filters look at: an attribute of the item, without case unless told otherwise.
struct KeyRule {
  const Value* attribute = nullptr;
  const Value* fallback = nullptr;
  bool case_sensitive = false;

  Result<Value> key(Runtime& rt, const Value& item) const {
    Value key = item;
    if (attribute != nullptr) {
      TENFOLD_ASSIGN_OR_RETURN(key, get_path(rt, item, *attribute, fallback));
    }
    if (case_sensitive || !key.is_string()) return key;
    TENFOLD_RETURN_IF_ERROR(rt.budget.work(key.text().size()));
    return make_string(&rt.heap, to_lower(key.text()));
  }

  Result<std::vector<Value>> keys(Runtime& rt, const std::vector<Value>& items) const {
    std::vector<Value> result;
    for (const Value& item : items) {
      TENFOLD_ASSIGN_OR_RETURN(Value item_key, key(rt, item));
      result.push_back(std::move(item_key));
    }
    return result;
  }
};

const Value* optional_argument(const Bound& arguments, std::size_t i) {
  return arguments.given_not_none(i) ? &arguments[i] : nullptr;
}

SortDirection direction(const Bound& arguments, std::size_t i) {
  return arguments.truth(i, false) ? SortDirection::kDescending : SortDirection::kAscending;
}

Result<Value> in_order(Runtime& rt, const std::vector<Value>& items, const std::vector<Value>& keys,
                       SortDirection direction) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<std::size_t> order, sorted_order(rt, keys, direction));
  std::vector<Value> sorted;
  sorted.reserve(items.size());
  for (const std::size_t i : order) sorted.push_back(items[i]);
  return make_list(&rt.heap, std::move(sorted));
}

Result<Value> length(Runtime& rt, const Value& self, const Bound&) {
  if (self.is_string()) TENFOLD_RETURN_IF_ERROR(rt.budget.copy(self.text().size()));
  const auto n = length_of(self);
  if (!n) return invalid_argument("object of type '", type_name(self), "' has no len()");
  return Value::integer(static_cast<std::int64_t>(*n));
}

Result<Value> default_filter(Runtime& rt, const Value& self, const Bound& arguments) {
  const bool replaced = self.is_undefined() || (arguments.truth(1, false) && !truthy(self));
  if (!replaced) return self;
  return arguments.given(0) ? arguments[0] : make_string(&rt.heap, "");
}

Result<Value> first(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_ASSIGN_OR_RETURN(Walk walk, Walk::over(self));
  TENFOLD_ASSIGN_OR_RETURN(std::optional<Value> item, walk.next(rt));
  if (item) return *std::move(item);
  return make_undefined(&rt.heap, "No first item, sequence was empty.");
}

Result<Value> last(Runtime& rt, const Value& self, const Bound&) {
  if (!length_of(self)) return invalid_argument("'", type_name(self), "' object is not reversible");
  Value item = make_undefined(&rt.heap, "No last item, sequence was empty.");
  if (self.is_string() && !self.text().empty()) {
    return get_item(rt, self, Value::integer(-1));
  }
  if (self.is_list_or_tuple() && !self.items().empty()) return self.items().back();
  TENFOLD_ASSIGN_OR_RETURN(std::vector<Value> items, collect(rt, self));
  if (!items.empty()) item = std::move(items.back());
  return item;
}

Result<Value> list(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_ASSIGN_OR_RETURN(std::vector<Value> items, collect(rt, self));
  return make_list(&rt.heap, std::move(items));
}

Result<Value> reverse(Runtime& rt, const Value& self, const Bound&) {
  if (self.is_string()) return get_slice(rt, self, {std::nullopt, std::nullopt, -1});
  TENFOLD_ASSIGN_OR_RETURN(std::vector<Value> items, collect(rt, self));
  std::reverse(items.begin(), items.end());
  return self.is(Kind::kIterator) ? make_list(&rt.heap, std::move(items)) : make_iterator(&rt.heap, std::move(items));
}

Result<Value> join(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(std::vector<Value> items, collect(rt, self));
  MarkedText separator;
  if (arguments.given(0)) {
    TENFOLD_ASSIGN_OR_RETURN(separator, to_text(rt, arguments[0]));
  }
  MarkedText out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (arguments.given_not_none(1)) {
      TENFOLD_ASSIGN_OR_RETURN(items[i], get_path(rt, items[i], arguments[1], nullptr));
    }
    TENFOLD_ASSIGN_OR_RETURN(const MarkedText text, to_text(rt, items[i]));
    if (i > 0) out.append(separator.view());
    out.append(text.view());
    TENFOLD_RETURN_IF_ERROR(rt.budget.copy(separator.n_bytes()));
    TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(out.n_bytes()));
  }
  return make_string(&rt.heap, std::move(out));
}

Result<Value> dictsort(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view by, arguments.text(1, "key"));
  if (by != "key" && by != "value") return invalid_argument("dictsort: expected by to be 'key' or 'value'");
  if (self.is_undefined()) return invalid_argument(self.undefined_reason());
  if (!self.is(Kind::kDict)) return invalid_argument("dictsort: expected a mapping, found ", type_name(self));
  std::vector<Value> pairs;
  std::vector<Value> sorted_by;
  for (const auto& [key, value] : self.dict().entries) {
    TENFOLD_RETURN_IF_ERROR(rt.budget.step());
    pairs.push_back(make_tuple(&rt.heap, {key, value}));
    sorted_by.push_back(by == "key" ? key : value);
  }
  const KeyRule rule{nullptr, nullptr, arguments.truth(0, false)};
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> keys, rule.keys(rt, sorted_by));
  return in_order(rt, pairs, keys, direction(arguments, 2));
}

// sort(attribute="a,b") compares lists of keys.
Result<Value> sort(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> items, collect(rt, self));
  std::vector<Value> attributes;
  if (arguments.given_not_none(2) && arguments[2].is_string()) {
    TENFOLD_RETURN_IF_ERROR(rt.budget.work(8 * arguments[2].text().size()));
    for (const std::string_view part : split(arguments[2].text(), ",", -1)) {
      attributes.push_back(make_string(&rt.heap, std::string(part)));
    }
  } else {
    attributes.push_back(arguments.given(2) ? arguments[2] : Value::none());
  }
  std::vector<Value> keys;
  for (const Value& item : items) {
    std::vector<Value> parts;
    for (const Value& attribute : attributes) {
      const KeyRule rule{&attribute, nullptr, arguments.truth(1, false)};
      TENFOLD_ASSIGN_OR_RETURN(Value key, rule.key(rt, item));
      parts.push_back(std::move(key));
    }
    keys.push_back(make_list(&rt.heap, std::move(parts)));
  }
  return in_order(rt, items, keys, direction(arguments, 0));
}

Result<Value> unique(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> items, collect(rt, self));
  const KeyRule rule{optional_argument(arguments, 1), nullptr, arguments.truth(0, false)};
  // Set from the last item to the first, so that each key ends with the index of its first item.
  std::vector<DictObject::Entry> entries;
  for (std::size_t i = items.size(); i-- > 0;) {
    TENFOLD_RETURN_IF_ERROR(rt.budget.step(4));
    TENFOLD_ASSIGN_OR_RETURN(Value key, rule.key(rt, items[i]));
    entries.emplace_back(std::move(key), Value::integer(static_cast<std::int64_t>(i)));
  }
  TENFOLD_ASSIGN_OR_RETURN(const Value firsts, make_dict(&rt.heap, std::move(entries)));
  std::vector<std::size_t> indices;
  for (const auto& [key, index] : firsts.dict().entries)
    indices.push_back(static_cast<std::size_t>(index.as_integer()));
  std::sort(indices.begin(), indices.end());
  std::vector<Value> result;
  for (const std::size_t i : indices) result.push_back(items[i]);
  return make_iterator(&rt.heap, std::move(result));
}

template <Order kBetter>
Result<Value> extreme(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> items, collect(rt, self));
  if (items.empty()) return make_undefined(&rt.heap, "No aggregated item, sequence was empty.");
  const KeyRule rule{optional_argument(arguments, 1), nullptr, arguments.truth(0, false)};
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> keys, rule.keys(rt, items));
  std::size_t best = 0;
  for (std::size_t i = 1; i < items.size(); ++i) {
    TENFOLD_ASSIGN_OR_RETURN(const bool better, ordered(rt, kBetter, keys[i], keys[best]));
    if (better) best = i;
  }
  return items[best];
}

Result<Value> sum(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> items, collect(rt, self));
  Value total = arguments.given(1) ? arguments[1] : Value::integer(0);
  if (total.is_string()) return invalid_argument("sum: cannot sum strings");
  for (const Value& item : items) {
    Value term = item;
    if (arguments.given_not_none(0)) {
      TENFOLD_ASSIGN_OR_RETURN(term, get_path(rt, item, arguments[0], nullptr));
    }
    TENFOLD_RETURN_IF_ERROR(rt.budget.step());
    TENFOLD_ASSIGN_OR_RETURN(total, apply(rt, BinaryOperator::kAdd, total, term));
  }
  return total;
}

Result<Value> groupby(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> items, collect(rt, self));
  const KeyRule rule{&arguments[0], optional_argument(arguments, 1), arguments.truth(2, false)};
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> keys, rule.keys(rt, items));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<std::size_t> order, sorted_order(rt, keys, SortDirection::kAscending));
  std::vector<Value> groups;
  for (std::size_t begin = 0; begin < order.size();) {
    std::vector<Value> members;
    std::size_t end = begin;
    for (; end < order.size(); ++end) {
      TENFOLD_ASSIGN_OR_RETURN(const bool same, equal(rt, keys[order[begin]], keys[order[end]]));
      if (!same) break;
      members.push_back(items[order[end]]);
    }
    if (end == begin) ++end;  // a NaN is not even equal to itself
    // The group shows the key as its first member spells it.
    TENFOLD_ASSIGN_OR_RETURN(Value shown, get_path(rt, items[order[begin]], arguments[0], rule.fallback));
    auto group = std::make_shared<SequenceObject>(
        &rt.heap, std::vector<Value>{std::move(shown), make_list(&rt.heap, std::move(members))});
    group->is_group = true;
    groups.push_back(Value(std::move(group), Kind::kTuple));
    begin = end;
  }
  return make_list(&rt.heap, std::move(groups));
}

Result<Value> batch(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t n, arguments.integer(0, 1));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> items, collect(rt, self));
  std::vector<Value> rows;
  std::vector<Value> row;
  for (const Value& item : items) {
    if (static_cast<std::int64_t>(row.size()) == n) rows.push_back(make_list(&rt.heap, std::exchange(row, {})));
    row.push_back(item);
  }
  if (!row.empty() && arguments.given_not_none(1) && static_cast<std::int64_t>(row.size()) < n) {
    TENFOLD_RETURN_IF_ERROR(
        rt.budget.reserve(n > (std::int64_t{1} << 40) ? SIZE_MAX : static_cast<std::size_t>(n) * sizeof(Value)));
    row.resize(static_cast<std::size_t>(n), arguments[1]);
  }
  if (!row.empty()) rows.push_back(make_list(&rt.heap, std::move(row)));
  return make_iterator(&rt.heap, std::move(rows));
}

Result<Value> slice(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t n_slices, arguments.integer(0, 1));
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> items, collect(rt, self));
  if (n_slices == 0) return invalid_argument("slice: division by zero");
  std::vector<Value> slices;
  const std::int64_t n = std::max<std::int64_t>(n_slices, 0);
  const std::int64_t shortest = n == 0 ? 0 : static_cast<std::int64_t>(items.size()) / n;
  const std::int64_t n_longer = n == 0 ? 0 : static_cast<std::int64_t>(items.size()) % n;
  std::size_t at = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    TENFOLD_RETURN_IF_ERROR(rt.budget.step());
    const auto size = static_cast<std::size_t>(shortest + (i < n_longer ? 1 : 0));
    TENFOLD_RETURN_IF_ERROR(rt.budget.step(size / 4));
    std::vector<Value> part(items.begin() + static_cast<std::ptrdiff_t>(at),
                            items.begin() + static_cast<std::ptrdiff_t>(at + size));
    if (arguments.given_not_none(1) && i >= n_longer) part.push_back(arguments[1]);
    slices.push_back(make_list(&rt.heap, std::move(part)));
    at += size;
  }
  return make_iterator(&rt.heap, std::move(slices));
}

Result<Value> items_filter(Runtime& rt, const Value& self, const Bound&) {
  if (self.is_undefined()) return make_iterator(&rt.heap, {});
  if (!self.is(Kind::kDict)) {
    return make_iterator(&rt.heap, {}, invalid_argument("Can only get item pairs from a mapping."));
  }
  std::vector<Value> pairs;
  for (const auto& [key, value] : self.dict().entries) {
    TENFOLD_RETURN_IF_ERROR(rt.budget.step());
    pairs.push_back(make_tuple(&rt.heap, {key, value}));
  }
  return make_iterator(&rt.heap, std::move(pairs));
}

Result<Value> attr(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view name, arguments.text(0, ""));
  if (self.is_undefined()) return invalid_argument(self.undefined_reason());
  TENFOLD_ASSIGN_OR_RETURN(std::optional<Value> found, find_attribute(rt, self, name));
  if (found) return *std::move(found);
  return make_undefined(&rt.heap, cat("'", type_name(self), " object' has no attribute '", printable(name), "'"));
}

constexpr NativeSpec kSequenceFilters[] = {
    {"attr", {"name"}, 1, attr},
    {"batch", {"linecount", "fill_with"}, 1, batch},
    {"count", {}, 0, length},
    {"d", {"default_value", "boolean"}, 0, default_filter},
    {"default", {"default_value", "boolean"}, 0, default_filter},
    {"dictsort", {"case_sensitive", "by", "reverse"}, 0, dictsort},
    {"first", {}, 0, first},
    {"groupby", {"attribute", "default", "case_sensitive"}, 1, groupby},
    {"items", {}, 0, items_filter},
    {"join", {"d", "attribute"}, 0, join},
    {"last", {}, 0, last},
    {"length", {}, 0, length},
    {"list", {}, 0, list},
    {"max", {"case_sensitive", "attribute"}, 0, extreme<Order::kGreater>},
    {"min", {"case_sensitive", "attribute"}, 0, extreme<Order::kLess>},
    {"reverse", {}, 0, reverse},
    {"slice", {"slices", "fill_with"}, 1, slice},
    {"sort", {"reverse", "case_sensitive", "attribute"}, 0, sort},
    {"sum", {"attribute", "start"}, 0, sum},
    {"unique", {"case_sensitive", "attribute"}, 0, unique},
};

}  // namespace

std::span<const NativeSpec> sequence_filters() { return kSequenceFilters; }

}  // namespace tenfold::jinja
