#include <algorithm>

#include "base/error.h"
#include "jinja/compare.h"
#include "jinja/filters.h"
#include "jinja/format.h"
#include "jinja/json_text.h"
#include "jinja/methods.h"
#include "jinja/string_ops.h"
#include "jinja/unicode.h"
#include "jinja/value_text.h"
#include "jinja/walk.h"

namespace tenfold::jinja {

namespace {

// The value as a string; what is one already stays as it is, markup included.
Result<Value> as_string(Runtime& rt, const Value& value) {
  if (value.is_string()) return value;
  TENFOLD_ASSIGN_OR_RETURN(MarkedText text, to_text(rt, value));
  return make_string(&rt.heap, std::move(text));
}

Result<Value> string_filter(Runtime& rt, const Value& self, const Bound&) { return as_string(rt, self); }

// The filters that are string methods on whatever the value prints as.
template <const std::string_view& kMethod>
Result<Value> method_filter(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const Value text, as_string(rt, self));
  Arguments positional;
  for (std::size_t i = 0; i < kMaxParameters && arguments.given(i); ++i) positional.positional.push_back(arguments[i]);
  return call_native(rt, *find_native(string_methods(), kMethod), text, positional);
}

constexpr std::string_view kUpperMethod = "upper";
constexpr std::string_view kLowerMethod = "lower";
constexpr std::string_view kCapitalize = "capitalize";
constexpr std::string_view kStrip = "strip";

Result<Value> title(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_ASSIGN_OR_RETURN(const MarkedText text, to_text(rt, self));
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(8 * text.text.size()));
  return make_string(&rt.heap, map_text(text.view(), title_filter));
}

Result<Value> center(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const Value text, as_string(rt, self));
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t width, arguments.integer(0, 80));
  return call_native(rt, *find_native(string_methods(), "center"), text, {{Value::integer(width)}, {}});
}

Result<Value> replace_filter(Runtime& rt, const Value& self, const Bound& arguments) {
  Arguments positional;
  for (std::size_t i = 0; i < 2; ++i) {
    TENFOLD_ASSIGN_OR_RETURN(MarkedText text, to_text(rt, arguments[i]));
    positional.positional.push_back(make_string(&rt.heap, std::move(text)));
  }
  if (arguments.given_not_none(2)) positional.positional.push_back(arguments[2]);
  TENFOLD_ASSIGN_OR_RETURN(const Value text, as_string(rt, self));
  return call_native(rt, *find_native(string_methods(), "replace"), text.with_markup(false), positional);
}

Result<Value> indent(Runtime& rt, const Value& self, const Bound& arguments) {
  if (!self.is_string()) return invalid_argument("indent: expected a string, found ", type_name(self));
  MarkedView indentation;
  std::string spaces;
  if (arguments.given(0) && arguments[0].is_string()) {
    indentation = arguments[0].view();
  } else {
    TENFOLD_ASSIGN_OR_RETURN(const std::int64_t width, arguments.integer(0, 4));
    TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(static_cast<std::size_t>(std::max<std::int64_t>(width, 0))));
    spaces.assign(static_cast<std::size_t>(std::max<std::int64_t>(width, 0)), ' ');
    indentation = MarkedView::written(spaces);
  }
  const bool blank = arguments.truth(2, false);
  const std::string text = self.text() + "\n";  // so that an empty text has a line
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(text.size()));
  const std::vector<std::string_view> lines = split_lines(text, LineEnds::kDrop);
  if (lines.size() > kMaxParts) return resource_exhausted("indent: more than ", kMaxParts, " lines");
  MarkedText out;
  if (arguments.truth(1, false)) out.append(indentation);
  std::size_t end = 0;  // of the line before
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto begin = static_cast<std::size_t>(lines[i].data() - text.data());
    const bool indented = i > 0 && (blank || !lines[i].empty());
    TENFOLD_RETURN_IF_ERROR(rt.budget.copy(indentation.n_bytes() + lines[i].size()));
    TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(out.n_bytes() + indentation.n_bytes() + 5 * lines[i].size()));
    if (i > 0) out.append({"\n", self.view().part(end, 1).origin});
    if (indented) out.append(indentation);
    out.append(self.view().part(begin, lines[i].size()));
    end = begin + lines[i].size();
  }
  return make_string(&rt.heap, std::move(out)).with_markup(self.is_markup());
}

Result<Value> truncate(Runtime& rt, const Value& self, const Bound& arguments) {
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t length, arguments.integer(0, 255));
  TENFOLD_ASSIGN_OR_RETURN(const std::string_view end, arguments.text(2, "..."));
  std::int64_t leeway = 5;
  if (arguments.given_not_none(3)) {
    TENFOLD_ASSIGN_OR_RETURN(leeway, arguments.integer(3, 5));
  }
  const auto end_length = static_cast<std::int64_t>(count_code_points(end));
  if (length < end_length || leeway < 0) return invalid_argument("truncate: length or leeway too small");
  if (self.is_string()) TENFOLD_RETURN_IF_ERROR(rt.budget.work(self.text().size()));
  const auto n = static_cast<std::int64_t>(length_of(self).value_or(SIZE_MAX / 2));
  if (n <= length || n - length <= leeway) return self;  // whatever it is
  if (!self.is_string()) return invalid_argument("truncate: expected a string, found ", type_name(self));
  std::string_view kept = self.text();
  kept = kept.substr(0, byte_of_code_point(kept, static_cast<std::size_t>(length - end_length)));
  if (!arguments.truth(1, false)) kept = kept.substr(0, kept.rfind(' '));
  MarkedText out;
  out.append(self.view().part(kept));
  out.append(arguments.given(2) ? arguments[2].view() : MarkedView::written(end));
  return make_string(&rt.heap, std::move(out));
}

Result<Value> wordcount(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_ASSIGN_OR_RETURN(const MarkedText marked, to_text(rt, self));
  const std::string& text = marked.text;
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(4 * text.size()));
  std::int64_t n = 0;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    const bool word = c == '_' || (character_class(c) & kAlphanumeric) != 0;
    n += word && !inside ? 1 : 0;
    inside = word;
  }
  return Value::integer(n);
}

Result<Value> format_filter(Runtime& rt, const Value& self, const Bound& arguments) {
  const Arguments& raw = arguments.raw();
  if (!raw.positional.empty() && !raw.keyword.empty()) {
    return invalid_argument("format: positional and keyword arguments cannot be mixed");
  }
  TENFOLD_ASSIGN_OR_RETURN(const Value text, as_string(rt, self));
  if (raw.keyword.empty()) return percent_format(rt, text, make_tuple(&rt.heap, raw.positional));
  std::vector<DictObject::Entry> entries;
  for (const auto& [name, value] : raw.keyword) entries.emplace_back(make_string(&rt.heap, name), value);
  TENFOLD_ASSIGN_OR_RETURN(const Value dict, make_dict(&rt.heap, std::move(entries)));
  return percent_format(rt, text, dict);
}

Result<Value> safe(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_ASSIGN_OR_RETURN(const Value text, as_string(rt, self));
  return text.with_markup(true);
}

Result<Value> force_escape(Runtime& rt, const Value& self, const Bound&) {
  TENFOLD_ASSIGN_OR_RETURN(const MarkedText text, to_text(rt, self));
  TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(5 * text.n_bytes()));
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(2 * text.text.size()));
  return make_string(&rt.heap, map_text(text.view(), escape_html)).with_markup(true);
}

Result<Value> escape(Runtime& rt, const Value& self, const Bound& arguments) {
  if (self.is_markup()) return self;
  return force_escape(rt, self, arguments);
}

std::string percent_encoded(std::string_view text, bool for_query) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                       c == '.' || c == '-' || c == '~' || (c == '/' && !for_query);
    if (plain) {
      out += c;
    } else if (c == ' ' && for_query) {
      out += '+';
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Result<Value> urlencode(Runtime& rt, const Value& self, const Bound&) {
  const auto encode = [&](const Value& value, bool for_query) -> Result<std::string> {
    TENFOLD_ASSIGN_OR_RETURN(const MarkedText text, to_text(rt, value));
    TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(3 * text.text.size()));
    TENFOLD_RETURN_IF_ERROR(rt.budget.work(text.text.size()));
    return percent_encoded(text.text, for_query);
  };
  if (self.is_string() || !is_walkable(self)) {
    TENFOLD_ASSIGN_OR_RETURN(std::string text, encode(self, false));
    return make_string(&rt.heap, std::move(text));
  }
  std::vector<Value> pairs;
  if (self.is(Kind::kDict)) {
    for (const auto& [key, value] : self.dict().entries) pairs.push_back(make_tuple(&rt.heap, {key, value}));
  } else {
    TENFOLD_ASSIGN_OR_RETURN(pairs, collect(rt, self));
  }
  std::string out;
  for (const Value& pair : pairs) {
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> parts, collect(rt, pair));
    if (parts.size() != 2) return invalid_argument("urlencode: expected pairs");
    TENFOLD_ASSIGN_OR_RETURN(const std::string key, encode(parts[0], true));
    TENFOLD_ASSIGN_OR_RETURN(const std::string value, encode(parts[1], true));
    out += cat(out.empty() ? "" : "&", key, "=", value);
    TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(out.size()));
  }
  return make_string(&rt.heap, std::move(out));
}

// tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False), as Transformers defines it.
Result<Value> tojson(Runtime& rt, const Value& self, const Bound& arguments) {
  JsonStyle style;
  bool style_is_written = true;
  if (arguments.truth(0, false)) style.characters = JsonCharacters::kAscii;
  style.sort_keys = arguments.truth(3, false);
  if (arguments.given_not_none(1)) {
    if (arguments[1].is_string()) {
      style.indent = arguments[1].text();
      style_is_written = arguments[1].origin() == Origin::kTemplate;
    } else {
      TENFOLD_ASSIGN_OR_RETURN(const std::int64_t width, arguments.integer(1, 0));
      if (width > 1024) return resource_exhausted("tojson: indent above 1024");
      style.indent = std::string(static_cast<std::size_t>(std::max<std::int64_t>(width, 0)), ' ');
    }
    style.item_separator.resize(1);  // the comma ends the line
  }
  if (arguments.given_not_none(2)) {
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> separators, collect(rt, arguments[2]));
    if (separators.size() != 2 || !separators[0].is_string() || !separators[1].is_string()) {
      return invalid_argument("tojson: expected separators to be two strings");
    }
    style.item_separator = separators[0].text();
    style.key_separator = separators[1].text();
    for (const Value& separator : separators) style_is_written &= separator.origin() == Origin::kTemplate;
  }
  TENFOLD_ASSIGN_OR_RETURN(MarkedText text, to_json(rt, self, style));
  return style_is_written ? make_string(&rt.heap, std::move(text)) : make_string(&rt.heap, std::move(text.text));
}

constexpr NativeSpec kTextFilters[] = {
    {"capitalize", {}, 0, method_filter<kCapitalize>},
    {"center", {"width"}, 0, center},
    {"e", {}, 0, escape},
    {"escape", {}, 0, escape},
    {"forceescape", {}, 0, force_escape},
    {"format", {}, 0, format_filter, Passing::kFree},
    {"indent", {"width", "first", "blank"}, 0, indent},
    {"lower", {}, 0, method_filter<kLowerMethod>},
    {"replace", {"old", "new", "count"}, 2, replace_filter},
    {"safe", {}, 0, safe},
    {"string", {}, 0, string_filter},
    {"title", {}, 0, title},
    {"tojson", {"ensure_ascii", "indent", "separators", "sort_keys"}, 0, tojson},
    {"trim", {"chars"}, 0, method_filter<kStrip>},
    {"truncate", {"length", "killwords", "end", "leeway"}, 0, truncate},
    {"upper", {}, 0, method_filter<kUpperMethod>},
    {"urlencode", {}, 0, urlencode},
    {"wordcount", {}, 0, wordcount},
};

}  // namespace

std::span<const NativeSpec> text_filters() { return kTextFilters; }

}  // namespace tenfold::jinja
