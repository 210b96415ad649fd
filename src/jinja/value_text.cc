#include "jinja/value_text.h"

#include "base/error.h"
#include "base/utf8.h"
#include "jinja/number_text.h"
#include "jinja/string_ops.h"
#include "jinja/unicode.h"
#include "jinja/walk.h"

namespace tenfold::jinja {

namespace {

void append_hex_escape(std::string& out, char32_t c) {
  const int width = c <= 0xFF ? 2 : c <= 0xFFFF ? 4 : 8;
  const std::string digits = integer_digits(c, 16);
  out += width == 2 ? "\\x" : width == 4 ? "\\u" : "\\U";
  out.append(static_cast<std::size_t>(width) - digits.size(), '0');
  out += digits;
}

class Printer {
 public:
  explicit Printer(Runtime& rt) : rt_(rt) {}

  Status repr(const Value& value) {
    TENFOLD_RETURN_IF_ERROR(rt_.budget.step());
    const DepthScope depth(rt_.budget);
    TENFOLD_RETURN_IF_ERROR(depth.status());
    switch (value.kind()) {
      case Kind::kUndefined: return add("Undefined");
      case Kind::kNone: return add("None");
      case Kind::kBool: return add(value.as_bool() ? "True" : "False");
      case Kind::kInt:
      case Kind::kLargeInt: return add(value.digits());
      case Kind::kFloat: return add(float_repr(value.as_real()));
      case Kind::kString: TENFOLD_RETURN_IF_ERROR(rt_.budget.work(2 * value.text().size())); return string(value);
      case Kind::kList: return sequence("[", value.items(), "]");
      case Kind::kTuple: return sequence("(", value.items(), value.items().size() == 1 ? ",)" : ")");
      case Kind::kDict: return dict(value.dict().entries);
      case Kind::kRange: return range(value.object<RangeObject>());
      case Kind::kDictView: return view(value);
      case Kind::kNamespace: return name_space(value.object<NamespaceObject>());
      default: return add(cat("<", type_name(value), " object>"));
    }
  }

  MarkedText take() { return std::move(out_); }

 private:
  Status add(std::string_view text, Origin origin = Origin::kTemplate) {
    out_.append({text, origin});
    TENFOLD_RETURN_IF_ERROR(rt_.budget.copy(text.size()));
    return rt_.budget.reserve(out_.n_bytes());
  }

  Status string(const Value& value) {
    const std::string quoted = value.is_markup() ? cat("Markup(", quote(value.text()), ")") : quote(value.text());
    return add(quoted, value.origin() == Origin::kTemplate ? Origin::kTemplate : Origin::kGiven);
  }

  Status sequence(std::string_view open, const std::vector<Value>& items, std::string_view close) {
    TENFOLD_RETURN_IF_ERROR(add(open));
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) TENFOLD_RETURN_IF_ERROR(add(", "));
      TENFOLD_RETURN_IF_ERROR(repr(items[i]));
    }
    return add(close);
  }

  Status dict(const std::vector<DictObject::Entry>& entries) {
    TENFOLD_RETURN_IF_ERROR(add("{"));
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) TENFOLD_RETURN_IF_ERROR(add(", "));
      TENFOLD_RETURN_IF_ERROR(repr(entries[i].first));
      TENFOLD_RETURN_IF_ERROR(add(": "));
      TENFOLD_RETURN_IF_ERROR(repr(entries[i].second));
    }
    return add("}");
  }

  Status range(const RangeObject& range) {
    const std::string bounds = cat("range(", range.start, ", ", range.stop);
    return add(range.step == 1 ? bounds + ")" : cat(bounds, ", ", range.step, ")"));
  }

  Status view(const Value& value) {
    constexpr std::string_view kNames[] = {"dict_keys([", "dict_values([", "dict_items(["};
    const auto part = static_cast<std::size_t>(value.object<DictViewObject>().part);
    TENFOLD_ASSIGN_OR_RETURN(const std::vector<Value> items, collect(rt_, value));
    return sequence(kNames[part], items, "])");
  }

  Status name_space(const NamespaceObject& object) {
    TENFOLD_RETURN_IF_ERROR(add("<Namespace {"));
    std::string_view separator = "";
    for (const auto& [name, value] : object.attributes) {
      TENFOLD_RETURN_IF_ERROR(add(separator));
      TENFOLD_RETURN_IF_ERROR(add(quote(name), Origin::kGiven));  // perhaps: namespace(**given)
      TENFOLD_RETURN_IF_ERROR(add(": "));
      TENFOLD_RETURN_IF_ERROR(repr(value));
      separator = ", ";
    }
    return add("}>");
  }

  Runtime& rt_;
  MarkedText out_;
};

}  // namespace

Result<MarkedText> to_text(Runtime& rt, const Value& value) {
  MarkedText text;
  if (value.is_undefined()) return text;
  if (!value.is_string()) return to_repr(rt, value);
  TENFOLD_RETURN_IF_ERROR(rt.budget.copy(value.view().n_bytes()));
  text.append(value.view());
  return text;
}

Result<MarkedText> to_repr(Runtime& rt, const Value& value) {
  Printer printer(rt);
  TENFOLD_RETURN_IF_ERROR(printer.repr(value));
  return printer.take();
}

std::string quote(std::string_view text) {
  const bool double_quotes = text.find('\'') != text.npos && text.find('"') == text.npos;
  const char32_t mark = double_quotes ? '"' : '\'';
  std::string out(1, static_cast<char>(mark));
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c == mark || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if ((character_class(c) & kPrintable) != 0) {
      append_utf8(out, c);
    } else {
      append_hex_escape(out, c);
    }
  }
  out += static_cast<char>(mark);
  return out;
}

std::string escape_non_ascii(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      append_hex_escape(out, c);
    }
  }
  return out;
}

}  // namespace tenfold::jinja
