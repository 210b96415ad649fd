#include <optional>

#include "base/error.h"
#include "jinja/format.h"
#include "jinja/number_text.h"
#include "jinja/string_ops.h"
#include "jinja/subscript.h"
#include "jinja/value_text.h"

namespace tenfold::jinja {

namespace {

class BraceFormatter {
 public:
  BraceFormatter(Runtime& rt, const Arguments& arguments, bool markup)
      : rt_(rt), arguments_(arguments), markup_(markup) {}

  Result<MarkedText> run(const MarkedView& format) {
    TENFOLD_ASSIGN_OR_RETURN(MarkedText text, fill_in(format, 1));
    return asked_by_given_ ? all_given(std::move(text)) : std::move(text);
  }

 private:
  // Fields inside a format specification may hold fields themselves, one level deep.
  Result<MarkedText> fill_in(const MarkedView& marked, int levels_left) {
    const std::string_view format = marked.text;
    if (levels_left < 0) return invalid_argument("format: fields nested too deeply");
    TENFOLD_RETURN_IF_ERROR(rt_.budget.work(format.size()));
    MarkedText out;
    for (std::size_t at = 0; at < format.size();) {
      const char c = format[at];
      if (c != '{' && c != '}') {
        const std::size_t next = std::min(format.find_first_of("{}", at), format.size());
        out.append(marked.part(at, next - at));
        at = next;
      } else if (at + 1 < format.size() && format[at + 1] == c) {
        out.append(marked.part(at, 1));
        note(marked.part(at, 2));
        at += 2;
      } else if (c == '}') {
        return invalid_argument("format: single '}'");
      } else {
        const std::optional<std::size_t> end = end_of_field(format, at);
        if (!end) return invalid_argument("format: expected '}'");
        TENFOLD_ASSIGN_OR_RETURN(const MarkedText text, field(marked.part(at + 1, *end - at - 1), levels_left));
        out.append(text.view());
        note(marked.part(at, *end + 1 - at));
        at = *end + 1;
      }
      TENFOLD_RETURN_IF_ERROR(rt_.budget.reserve(out.n_bytes()));
    }
    return out;
  }

  void note(const MarkedView& field) { asked_by_given_ = asked_by_given_ || !field.is_written(); }

  static std::optional<std::size_t> end_of_field(std::string_view format, std::size_t open) {
    int depth = 0;
    bool in_brackets = false;
    for (std::size_t at = open; at < format.size(); ++at) {
      if (format[at] == '[') in_brackets = true;
      if (format[at] == ']') in_brackets = false;
      if (in_brackets) continue;
      if (format[at] == '{') ++depth;
      if (format[at] == '}' && --depth == 0) return at;
    }
    return std::nullopt;
  }

  // "name!conversion:spec"
  Result<MarkedText> field(const MarkedView& marked, int levels_left) {
    const std::string_view text = marked.text;
    std::size_t name_end = 0;
    for (bool in_brackets = false; name_end < text.size(); ++name_end) {
      const char c = text[name_end];
      if (c == '[') in_brackets = true;
      if (c == ']') in_brackets = false;
      if (c == '{') return invalid_argument("format: unexpected '{' in field name");
      if (!in_brackets && (c == '!' || c == ':')) break;
    }
    TENFOLD_ASSIGN_OR_RETURN(Value value, resolve(text.substr(0, name_end)));
    std::string_view rest = text.substr(name_end);
    if (rest.starts_with('!')) {
      if (rest.size() < 2 || (rest.size() > 2 && rest[2] != ':')) {
        return invalid_argument("format: expected ':' after conversion");
      }
      TENFOLD_ASSIGN_OR_RETURN(value, converted(value, rest[1]));
      rest = rest.substr(2);
    }
    MarkedText spec;
    if (rest.starts_with(':')) {
      TENFOLD_ASSIGN_OR_RETURN(spec, fill_in(marked.part(rest.substr(1)), levels_left - 1));
    }
    if (value.is_undefined() && !spec.text.empty()) return invalid_argument(value.undefined_reason());
    TENFOLD_ASSIGN_OR_RETURN(MarkedText formatted, format_marked(rt_, value, spec.text));
    if (spec.origin() != Origin::kTemplate) formatted = all_given(std::move(formatted));
    return markup_ && !value.is_markup() ? map_text(formatted.view(), escape_html) : formatted;
  }

  Result<Value> converted(const Value& value, char conversion) {
    if (conversion != 's' && conversion != 'r' && conversion != 'a') {
      return invalid_argument("format: unknown conversion '", printable({&conversion, 1}), "'");
    }
    TENFOLD_ASSIGN_OR_RETURN(MarkedText text, conversion == 's' ? to_text(rt_, value) : to_repr(rt_, value));
    return make_string(&rt_.heap, conversion == 'a' ? map_text(text.view(), escape_non_ascii) : std::move(text));
  }

  // "0.attribute[key]"
  Result<Value> resolve(std::string_view name) {
    const std::size_t first_end = std::min(name.find_first_of(".["), name.size());
    TENFOLD_ASSIGN_OR_RETURN(Value value, argument(name.substr(0, first_end)));
    for (std::size_t at = first_end; at < name.size();) {
      if (name[at] == '.') {
        const std::size_t end = std::min(name.find_first_of(".[", at + 1), name.size());
        if (end == at + 1) return invalid_argument("format: empty attribute");
        TENFOLD_ASSIGN_OR_RETURN(value, get_attribute(rt_, value, name.substr(at + 1, end - at - 1)));
        at = end;
      } else if (name[at] == '[') {
        const std::size_t end = name.find(']', at);
        if (end == name.npos || end == at + 1) return invalid_argument("format: broken '['");
        TENFOLD_ASSIGN_OR_RETURN(value, get_item(rt_, value, key(name.substr(at + 1, end - at - 1))));
        at = end + 1;
      } else {
        return invalid_argument("format: only '.' or '[' may follow ']'");
      }
    }
    return value;
  }

  static bool is_digits(std::string_view text) {
    return !text.empty() && text.size() < 18 && text.find_first_not_of("0123456789") == text.npos;
  }

  Value number(std::string_view digits) const {
    return make_integer(&rt_.heap, parse_integer(digits, 10).value().value_or("0"));
  }

  Value key(std::string_view text) {
    if (!is_digits(text)) return make_string(&rt_.heap, std::string(text));
    return number(text);
  }

  Result<Value> argument(std::string_view name) {
    if (name.empty() || is_digits(name)) {
      (name.empty() ? automatic_ : manual_) = true;
      if (automatic_ && manual_) return invalid_argument("format: automatic and manual field numbering mixed");
      const std::size_t index = name.empty() ? next_++ : static_cast<std::size_t>(number(name).as_integer());
      if (index >= arguments_.positional.size()) {
        return invalid_argument("format: no argument ", index, " among ", arguments_.positional.size());
      }
      return arguments_.positional[index];
    }
    TENFOLD_RETURN_IF_ERROR(rt_.budget.step(arguments_.keyword.size() / 8));
    for (const auto& [keyword, value] : arguments_.keyword) {
      if (keyword == name) return value;
    }
    return invalid_argument("format: no argument '", printable(name), "'");
  }

  Runtime& rt_;
  const Arguments& arguments_;
  const bool markup_;
  std::size_t next_ = 0;
  bool automatic_ = false;
  bool manual_ = false;
  bool asked_by_given_ = false;  // a byte of a field, or of a doubled brace, was given
};

}  // namespace

Result<Value> brace_format(Runtime& rt, const Value& format, const Arguments& arguments) {
  BraceFormatter formatter(rt, arguments, format.is_markup());
  TENFOLD_ASSIGN_OR_RETURN(MarkedText text, formatter.run(format.view()));
  return make_string(&rt.heap, std::move(text)).with_markup(format.is_markup());
}

}  // namespace tenfold::jinja
