#include <algorithm>

#include "base/error.h"
#include "jinja/compare.h"
#include "jinja/format.h"
#include "jinja/methods.h"
#include "jinja/string_ops.h"
#include "jinja/unicode.h"
#include "jinja/value_text.h"
#include "jinja/walk.h"

namespace tenfold::jinja {

namespace {

// A string derived from `self`: safe markup stays safe.
template <typename Text>
Value derived(Runtime& rt, const Value& self, Text text) {
  return make_string(&rt.heap, std::move(text)).with_markup(self.is_markup());
}

// `self` for parts that are cut out of it where `by` says: if that was given, so are they.
MarkedView cut_by(const Value& by, const Value& self) {
  return by.origin() == Origin::kTemplate ? self.view() : MarkedView{self.text(), Origin::kGiven};
}

Result<Value> derived_list(Runtime& rt, const Value& self, const MarkedView& whole,
                           const std::vector<std::string_view>& parts) {
  if (parts.size() > kMaxParts) return resource_exhausted("split into more than ", kMaxParts, " parts");
  TENFOLD_RETURN_IF_ERROR(rt.budget.step(2 * parts.size()));
  TENFOLD_RETURN_IF_ERROR(
      rt.budget.reserve(parts.size() * (sizeof(Value) + sizeof(StringObject)) + self.view().n_bytes()));
  std::vector<Value> items;
  items.reserve(parts.size());
  for (const std::string_view part : parts) items.push_back(derived(rt, self, whole.part(part)));
  return make_list(&rt.heap, std::move(items));
}

// self.method() that maps text to text.
template <std::string (*kMap)(std::string_view)>
Result<Value> mapped(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_RETURN_IF_ERROR(rt.budget.work((self.origin() == Origin::kMixed ? 8 : 4) * self.text().size()));
  TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(self.view().n_bytes()));
  return derived(rt, self, map_text(self.view(), kMap));
}

template <Sides kSides>
Result<Value> strip_method(Runtime& rt, const Value& self, const Bound& arguments) {
  std::optional<std::string_view> characters;
  if (arguments.given_not_none(0)) {
    TENFOLD_ASSIGN_OR_RETURN(characters, arguments.text(0, ""));
    TENFOLD_RETURN_IF_ERROR(rt.budget.work(8 * characters->size()));
  }
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(self.text().size()));
  const std::string_view stripped = strip(self.text(), characters, kSides);
  if (stripped.size() == self.text().size()) return self;
  return derived(rt, self, (characters ? cut_by(arguments[0], self) : self.view()).part(stripped));
}

enum class From { kLeft, kRight };

template <From kFrom>
Result<Value> split_method(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t max_splits, arguments.integer(1, -1));
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(self.text().size()));
  const std::string& text = self.text();
  if (!arguments.given_not_none(0)) {
    return derived_list(rt, self, self.view(),
                        kFrom == From::kLeft ? split_space(text, max_splits) : rsplit_space(text, max_splits));
  }
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view separator, arguments.text(0, ""));
  if (separator.empty()) return invalid_argument("empty separator");
  TENFOLD_RETURN_IF_ERROR(pay_for_search(rt.budget, text.size(), separator.size()));
  const std::vector<std::string_view> parts =
      kFrom == From::kLeft ? split(text, separator, max_splits) : rsplit(text, separator, max_splits);
  return derived_list(rt, self, parts.size() == 1 ? self.view() : cut_by(arguments[0], self), parts);
}

Result<Value> splitlines_method(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(self.text().size()));
  return derived_list(rt, self, self.view(),
                      split_lines(self.text(), arguments.truth(0, false) ? LineEnds::kKeep : LineEnds::kDrop));
}

// The part of self that [start, end) of a search covers, and how many code points precede it.
struct Span {
  std::string_view text;
  std::int64_t offset;
  bool valid;  // false when start lies behind the end: not even an empty text is found there
};

Result<Span> span_of(Runtime& rt, const Value& self, const Bound& arguments, std::size_t first) {
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(self.text().size()));
  const std::string_view text = self.text();
  const auto length = static_cast<std::int64_t>(count_code_points(text));
  std::int64_t bounds[2] = {0, length};
  for (std::size_t i = 0; i < 2; ++i) {
    if (!arguments.given_not_none(first + i)) continue;
    TENFOLD_ASSIGN_OR_RETURN(const std::int64_t bound, arguments.integer(first + i, 0));
    bounds[i] = bound < 0 ? std::max<std::int64_t>(bound < -length ? 0 : bound + length, 0) : bound;
  }
  bounds[1] = std::min(bounds[1], length);
  if (bounds[0] > bounds[1]) return Span{"", 0, false};
  const std::size_t begin = byte_of_code_point(text, static_cast<std::size_t>(bounds[0]));
  const std::string_view rest = text.substr(begin);
  return Span{rest.substr(0, byte_of_code_point(rest, static_cast<std::size_t>(bounds[1] - bounds[0]))), bounds[0],
              true};
}

// Index in code points of the first or last occurrence, -1 when absent.
Result<std::int64_t> search(Runtime& rt, const Value& self, const Bound& arguments, From from) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view wanted, arguments.text(0, ""));
  TENFOLD_ASSIGN_OR_RETURN(const Span span, span_of(rt, self, arguments, 1));
  if (!span.valid) return -1;
  TENFOLD_RETURN_IF_ERROR(pay_for_search(rt.budget, span.text.size(), wanted.size()));
  const std::size_t at = from == From::kLeft ? find_text(span.text, wanted) : rfind_text(span.text, wanted);
  if (at == std::string_view::npos) return -1;
  return span.offset + static_cast<std::int64_t>(count_code_points(span.text.substr(0, at)));
}

template <From kFrom>
Result<Value> find_method_of_string(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t at, search(rt, self, arguments, kFrom));
  return Value::integer(at);
}

template <From kFrom>
Result<Value> index_method(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t at, search(rt, self, arguments, kFrom));
  if (at < 0) return invalid_argument("substring not found");
  return Value::integer(at);
}

Result<Value> count_method(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view wanted, arguments.text(0, ""));
  TENFOLD_ASSIGN_OR_RETURN(const Span span, span_of(rt, self, arguments, 1));
  TENFOLD_RETURN_IF_ERROR(pay_for_search(rt.budget, span.text.size(), wanted.size()));
  return Value::integer(span.valid ? static_cast<std::int64_t>(count_text(span.text, wanted)) : 0);
}

// startswith and endswith take one text or a tuple of them.
template <From kFrom>
Result<Value> affix_method(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const Span span, span_of(rt, self, arguments, 1));
  const auto matches = [&](const Value& affix) -> Result<bool> {
    if (!affix.is_string()) return invalid_argument("expected str or a tuple of str, found ", type_name(affix));
    TENFOLD_RETURN_IF_ERROR(rt.budget.copy(affix.text().size()));
    return span.valid &&
           (kFrom == From::kLeft ? span.text.starts_with(affix.text()) : span.text.ends_with(affix.text()));
  };
  bool found = false;
  if (!arguments[0].is(Kind::kTuple)) {
    TENFOLD_ASSIGN_OR_RETURN(found, matches(arguments[0]));
    return Value::boolean(found);
  }
  for (const Value& affix : arguments[0].items()) {
    TENFOLD_ASSIGN_OR_RETURN(found, matches(affix));
    if (found) break;
  }
  return Value::boolean(found);
}

template <From kFrom>
Result<Value> remove_affix_method(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view affix, arguments.text(0, ""));
  TENFOLD_RETURN_IF_ERROR(rt.budget.copy(self.text().size()));
  std::string_view text = self.text();
  if (kFrom == From::kLeft && text.starts_with(affix)) text.remove_prefix(affix.size());
  if (kFrom == From::kRight && text.ends_with(affix)) text.remove_suffix(affix.size());
  if (text.size() == self.text().size()) return self;
  return derived(rt, self, cut_by(arguments[0], self).part(text));
}

template <From kFrom>
Result<Value> partition_method(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view separator, arguments.text(0, ""));
  if (separator.empty()) return invalid_argument("empty separator");
  TENFOLD_RETURN_IF_ERROR(pay_for_search(rt.budget, self.text().size(), separator.size()));
  const std::string& text = self.text();
  const std::size_t at = kFrom == From::kLeft ? find_text(text, separator) : rfind_text(text, separator);
  if (at == std::string::npos) {
    const Value empty = derived(rt, self, MarkedView::written(""));
    return make_tuple(&rt.heap, kFrom == From::kLeft ? std::vector<Value>{self, empty, empty}
                                                     : std::vector<Value>{empty, empty, self});
  }
  const std::size_t behind = at + separator.size();
  const MarkedView whole = cut_by(arguments[0], self);
  const MarkedView parts[] = {whole.part(0, at), whole.part(at, separator.size()),
                              whole.part(behind, text.size() - behind)};
  return make_tuple(&rt.heap, {derived(rt, self, parts[0]), derived(rt, self, parts[1]), derived(rt, self, parts[2])});
}

Result<Value> replace_method(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view from, arguments.text(0, ""));
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t max_count, arguments.integer(2, -1));
  TENFOLD_RETURN_IF_ERROR(arguments.text(1, "").status());
  MarkedText to;
  if (self.is_markup() && !arguments[1].is_markup()) {
    to = map_text(arguments[1].view(), escape_html);
  } else {
    to.append(arguments[1].view());
  }
  // Once for the size and once for the text.
  TENFOLD_RETURN_IF_ERROR(pay_for_search(rt.budget, self.text().size(), from.size()));
  TENFOLD_RETURN_IF_ERROR(pay_for_search(rt.budget, self.text().size(), from.size()));
  const std::size_t n_bytes = replaced_size(self.text(), from, to.text, max_count);
  TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(n_bytes));
  // Marks take at most four times as much as the text.
  const bool one_origin = self.origin() == to.origin() && self.origin() != Origin::kMixed;
  if (!one_origin) TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(5 * n_bytes));
  TENFOLD_RETURN_IF_ERROR(
      rt.budget.work(self.origin() == Origin::kMixed ? n_bytes + 16 * self.text().size() : n_bytes));
  MarkedText replaced = replace(self.view(), from, to.view(), max_count);
  const bool found_by_given = arguments[0].origin() != Origin::kTemplate && replaced.text != self.text();
  return derived(rt, self, found_by_given ? all_given(std::move(replaced)) : std::move(replaced));
}

Result<Value> join_method(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> items, collect(rt, arguments[0]));
  MarkedText out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].is_string() && !self.is_markup()) {
      return invalid_argument("join: expected str items, found ", type_name(items[i]));
    }
    TENFOLD_ASSIGN_OR_RETURN(MarkedText text, to_text(rt, items[i]));
    if (self.is_markup() && !items[i].is_markup()) text = map_text(text.view(), escape_html);
    if (i > 0) out.append(self.view());
    out.append(text.view());
    TENFOLD_RETURN_IF_ERROR(rt.budget.copy(self.view().n_bytes()));
    TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(out.n_bytes()));
  }
  return derived(rt, self, std::move(out));
}

template <char kAlign>
Result<Value> justify_method(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t width, arguments.integer(0, 0));
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view fill, arguments.text(1, " "));
  if (count_code_points(fill) != 1) return invalid_argument("the fill character must be exactly one character long");
  Field field{std::string(fill), kAlign, static_cast<std::size_t>(std::max<std::int64_t>(width, 0))};
  const std::size_t length = count_code_points(self.text());
  if (kAlign == '^' && field.width > length) {
    // str.center puts the odd space to the left when the width is odd, to the right otherwise.
    const std::size_t n_missing = field.width - length;
    const std::size_t n_left = n_missing / 2 + (n_missing & field.width & 1);
    TENFOLD_ASSIGN_OR_RETURN(std::string left, pad(rt, "", self.text(), {field.fill, '>', length + n_left}));
    TENFOLD_ASSIGN_OR_RETURN(std::string both, pad(rt, "", left, {field.fill, '<', field.width}));
    return derived(rt, self, std::move(both));
  }
  TENFOLD_ASSIGN_OR_RETURN(std::string text, pad(rt, "", self.text(), field));
  return derived(rt, self, std::move(text));
}

Result<Value> zfill_method(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t width, arguments.integer(0, 0));
  std::string_view text = self.text();
  const std::string_view sign = text.substr(0, text.starts_with('-') || text.starts_with('+') ? 1 : 0);
  text.remove_prefix(sign.size());
  TENFOLD_ASSIGN_OR_RETURN(std::string padded,
                           pad(rt, sign, text, {"0", '=', static_cast<std::size_t>(std::max<std::int64_t>(width, 0))}));
  return derived(rt, self, std::move(padded));
}

// Whether the text is not empty and every character has one of the classes.
template <std::uint8_t kClasses>
Result<Value> all_of_class(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(4 * self.text().size()));
  for (std::size_t at = 0; at < self.text().size();) {
    if ((character_class(next_code_point(self.text(), at)) & kClasses) == 0) return Value::boolean(false);
  }
  return Value::boolean(!self.text().empty() || kClasses == kPrintable);
}

Result<Value> isspace_method(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(self.text().size()));
  return Value::boolean(!self.text().empty() && strip(self.text(), std::nullopt, Sides::kLeft).empty());
}

Result<Value> isascii_method(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(self.text().size()));
  return Value::boolean(std::all_of(self.text().begin(), self.text().end(), [](char c) { return (c & 0x80) == 0; }));
}

// islower and isupper: at least one letter of this case and none of another.
template <std::uint8_t kCase>
Result<Value> iscase_method(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(4 * self.text().size()));
  bool found = false;
  for (std::size_t at = 0; at < self.text().size();) {
    const std::uint8_t cased = character_class(next_code_point(self.text(), at)) & kCased;
    if ((cased & ~kCase) != 0) return Value::boolean(false);
    found = found || cased != 0;
  }
  return Value::boolean(found);
}

Result<Value> istitle_method(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(4 * self.text().size()));
  bool found = false;
  bool inside = false;
  for (std::size_t at = 0; at < self.text().size();) {
    const std::uint8_t cased = character_class(next_code_point(self.text(), at)) & kCased;
    const bool begins_word = (cased & (kUpper | kTitle)) != 0;
    if (cased != 0 && begins_word == inside) return Value::boolean(false);
    inside = cased != 0;
    found = found || inside;
  }
  return Value::boolean(found);
}

Result<Value> format_method(Runtime& rt, const Value& self, const Bound& arguments) {
  return brace_format(rt, self, arguments.raw());
}

constexpr NativeSpec kStringMethods[] = {
    {"capitalize", {}, 0, mapped<capitalize>, Passing::kByPosition},
    {"center", {"width", "fillchar"}, 1, justify_method<'^'>, Passing::kByPosition},
    {"count", {"sub", "start", "end"}, 1, count_method, Passing::kByPosition},
    {"endswith", {"suffix", "start", "end"}, 1, affix_method<From::kRight>, Passing::kByPosition},
    {"find", {"sub", "start", "end"}, 1, find_method_of_string<From::kLeft>, Passing::kByPosition},
    {"format", {}, 0, format_method, Passing::kFree},
    {"index", {"sub", "start", "end"}, 1, index_method<From::kLeft>, Passing::kByPosition},
    {"isalnum", {}, 0, all_of_class<kAlphanumeric>, Passing::kByPosition},
    {"isalpha", {}, 0, all_of_class<kAlpha>, Passing::kByPosition},
    {"isascii", {}, 0, isascii_method, Passing::kByPosition},
    {"isdecimal", {}, 0, all_of_class<kDecimal>, Passing::kByPosition},
    {"isdigit", {}, 0, all_of_class<kDigit>, Passing::kByPosition},
    {"islower", {}, 0, iscase_method<kLower>, Passing::kByPosition},
    {"isnumeric", {}, 0, all_of_class<kNumeric>, Passing::kByPosition},
    {"isprintable", {}, 0, all_of_class<kPrintable>, Passing::kByPosition},
    {"isspace", {}, 0, isspace_method, Passing::kByPosition},
    {"istitle", {}, 0, istitle_method, Passing::kByPosition},
    {"isupper", {}, 0, iscase_method<kUpper>, Passing::kByPosition},
    {"join", {"iterable"}, 1, join_method, Passing::kByPosition},
    {"ljust", {"width", "fillchar"}, 1, justify_method<'<'>, Passing::kByPosition},
    {"lower", {}, 0, mapped<to_lower>, Passing::kByPosition},
    {"lstrip", {"chars"}, 0, strip_method<Sides::kLeft>, Passing::kByPosition},
    {"partition", {"sep"}, 1, partition_method<From::kLeft>, Passing::kByPosition},
    {"removeprefix", {"prefix"}, 1, remove_affix_method<From::kLeft>, Passing::kByPosition},
    {"removesuffix", {"suffix"}, 1, remove_affix_method<From::kRight>, Passing::kByPosition},
    {"replace", {"old", "new", "count"}, 2, replace_method, Passing::kByPosition},
    {"rfind", {"sub", "start", "end"}, 1, find_method_of_string<From::kRight>, Passing::kByPosition},
    {"rindex", {"sub", "start", "end"}, 1, index_method<From::kRight>, Passing::kByPosition},
    {"rjust", {"width", "fillchar"}, 1, justify_method<'>'>, Passing::kByPosition},
    {"rpartition", {"sep"}, 1, partition_method<From::kRight>, Passing::kByPosition},
    {"rsplit", {"sep", "maxsplit"}, 0, split_method<From::kRight>, Passing::kByName},
    {"rstrip", {"chars"}, 0, strip_method<Sides::kRight>, Passing::kByPosition},
    {"split", {"sep", "maxsplit"}, 0, split_method<From::kLeft>, Passing::kByName},
    {"splitlines", {"keepends"}, 0, splitlines_method, Passing::kByName},
    {"startswith", {"prefix", "start", "end"}, 1, affix_method<From::kLeft>, Passing::kByPosition},
    {"strip", {"chars"}, 0, strip_method<Sides::kBoth>, Passing::kByPosition},
    {"swapcase", {}, 0, mapped<swap_case>, Passing::kByPosition},
    {"title", {}, 0, mapped<title_words>, Passing::kByPosition},
    {"upper", {}, 0, mapped<to_upper>, Passing::kByPosition},
    {"zfill", {"width"}, 1, zfill_method, Passing::kByPosition},
};

}  // namespace

std::span<const NativeSpec> string_methods() { return kStringMethods; }

}  // namespace tenfold::jinja
