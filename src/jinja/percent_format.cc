#include <cmath>

#include "base/error.h"
#include "base/utf8.h"
#include "jinja/format.h"
#include "jinja/number_text.h"
#include "jinja/string_ops.h"
#include "jinja/subscript.h"
#include "jinja/value_text.h"

namespace tenfold::jinja {

namespace {

constexpr std::int64_t kMaxPercentPrecision = 350;

struct Conversion {
  bool left = false, plus = false, space = false, zero = false, alternate = false;
  std::int64_t width = 0;
  std::int64_t precision = -1;
  char type = 0;
};

class PercentFormatter {
 public:
  PercentFormatter(Runtime& rt, const Value& format, const Value& values)
      : rt_(rt), marked_(format.view()), format_(format.text()), markup_(format.is_markup()), values_(values) {}

  Result<MarkedText> run() {
    TENFOLD_RETURN_IF_ERROR(rt_.budget.work(format_.size()));
    while (at_ < format_.size()) {
      if (format_[at_] != '%') {
        const std::size_t next = std::min(format_.find('%', at_), format_.size());
        out_.append(marked_.part(at_, next - at_));
        at_ = next;
        continue;
      }
      const std::size_t begin = at_++;
      TENFOLD_RETURN_IF_ERROR(convert());
      asked_by_given_ = asked_by_given_ || !marked_.part(begin, at_ - begin).is_written();
      TENFOLD_RETURN_IF_ERROR(rt_.budget.reserve(out_.n_bytes()));
    }
    // Python takes whatever can be subscripted, except tuples and strings, for a mapping that may stay unused.
    const bool mapping =
        values_.is(Kind::kDict) || values_.is(Kind::kList) || values_.is(Kind::kRange) || values_.is_undefined();
    if (n_used_ < n_values() && !mapping && !named_) {
      return invalid_argument("not all arguments converted during string formatting");
    }
    return asked_by_given_ ? all_given(std::move(out_)) : std::move(out_);
  }

 private:
  std::size_t n_values() const { return values_.is(Kind::kTuple) ? values_.items().size() : 1; }

  Result<Value> next_value() {
    if (n_used_ >= n_values()) return invalid_argument("not enough arguments for format string");
    ++n_used_;
    return values_.is(Kind::kTuple) ? values_.items()[n_used_ - 1] : values_;
  }

  // A number, or `*` that takes one from the values.
  Result<std::int64_t> read_count() {
    if (at_ < format_.size() && format_[at_] == '*') {
      ++at_;
      TENFOLD_ASSIGN_OR_RETURN(const Value value, next_value());
      if (!value.is_integral()) return invalid_argument("* wants int");
      return value.as_integer();
    }
    std::int64_t number = 0;
    for (; at_ < format_.size() && format_[at_] >= '0' && format_[at_] <= '9'; ++at_) {
      number = number * 10 + (format_[at_] - '0');
      if (number > (std::int64_t{1} << 40)) return resource_exhausted("format: width too large");
    }
    return number;
  }

  // (name) selects the value from a dict.
  Result<std::optional<Value>> read_name() {
    if (at_ >= format_.size() || format_[at_] != '(') return std::optional<Value>();
    if (!values_.is(Kind::kDict)) return invalid_argument("format requires a mapping");
    std::size_t end = at_ + 1;
    for (int open = 1; end < format_.size(); ++end) {
      if (format_[end] == '(') ++open;
      if (format_[end] == ')' && --open == 0) break;
    }
    if (end >= format_.size()) return invalid_argument("incomplete format key");
    const std::string_view name = format_.substr(at_ + 1, end - at_ - 1);
    const Value* value = values_.dict().find(name);
    if (value == nullptr) return invalid_argument("format: no key '", printable(name), "'");
    at_ = end + 1;
    named_ = true;
    return std::optional(*value);
  }

  Status convert() {
    TENFOLD_ASSIGN_OR_RETURN(std::optional<Value> value, read_name());
    Conversion conversion;
    for (; at_ < format_.size(); ++at_) {
      const char c = format_[at_];
      if (c == '-')
        conversion.left = true;
      else if (c == '+')
        conversion.plus = true;
      else if (c == ' ')
        conversion.space = true;
      else if (c == '0')
        conversion.zero = true;
      else if (c == '#')
        conversion.alternate = true;
      else
        break;
    }
    TENFOLD_ASSIGN_OR_RETURN(conversion.width, read_count());
    if (conversion.width < 0) {
      conversion.left = true;
      conversion.width = conversion.width < -(std::int64_t{1} << 40) ? std::int64_t{1} << 40 : -conversion.width;
    }
    if (at_ < format_.size() && format_[at_] == '.') {
      ++at_;
      TENFOLD_ASSIGN_OR_RETURN(conversion.precision, read_count());
      conversion.precision = std::max<std::int64_t>(conversion.precision, 0);
    }
    while (at_ < format_.size() && (format_[at_] == 'l' || format_[at_] == 'h' || format_[at_] == 'L')) ++at_;
    if (at_ >= format_.size()) return invalid_argument("incomplete format");
    conversion.type = format_[at_++];
    if (conversion.type == '%') {
      out_.append(marked_.part(at_ - 1, 1));
      return {};
    }
    if (!value) {
      TENFOLD_ASSIGN_OR_RETURN(value, next_value());
    }
    TENFOLD_ASSIGN_OR_RETURN(const MarkedText text, converted(conversion, *value));
    out_.append(text.view());
    return {};
  }

  Result<MarkedText> converted(const Conversion& conversion, const Value& value) {
    MarkedText text;
    if (std::string_view("srac").find(conversion.type) != std::string_view::npos) {
      return converted_text(conversion, value);
    }
    TENFOLD_ASSIGN_OR_RETURN(text.text, converted_number(conversion, value));
    return text;
  }

  Result<std::string> converted_number(const Conversion& conversion, const Value& value) {
    switch (conversion.type) {
      case 'd':
      case 'i':
      case 'u': return converted_integer(conversion, value, 10);
      case 'o': return converted_integer(conversion, value, 8);
      case 'x':
      case 'X': return converted_integer(conversion, value, 16);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G': return converted_real(conversion, value);
      default: return invalid_argument("unsupported format character '", printable({&conversion.type, 1}), "'");
    }
  }

  Field field(const Conversion& conversion, bool number) const {
    const char align = conversion.left ? '<' : conversion.zero && number ? '=' : '>';
    return {align == '=' ? "0" : " ", align, static_cast<std::size_t>(conversion.width)};
  }

  Result<MarkedText> converted_text(const Conversion& conversion, const Value& value) {
    MarkedText text;
    if (conversion.type == 'c') {
      TENFOLD_ASSIGN_OR_RETURN(text, character(value));
    } else if (conversion.type == 's') {
      TENFOLD_ASSIGN_OR_RETURN(text, to_text(rt_, value));
      if (markup_ && !value.is_markup()) text = map_text(text.view(), escape_html);
    } else {
      TENFOLD_ASSIGN_OR_RETURN(text, to_repr(rt_, value));
      if (conversion.type == 'a') text = map_text(text.view(), escape_non_ascii);
      if (markup_) text = map_text(text.view(), escape_html);
    }
    MarkedView shown = text.view();
    if (conversion.precision >= 0 && conversion.type != 'c') {
      shown = shown.part(0, byte_of_code_point(text.text, static_cast<std::size_t>(conversion.precision)));
    }
    return pad(rt_, shown, field(conversion, false));
  }

  Result<MarkedText> character(const Value& value) {
    if (value.is_string() && count_code_points(value.text()) == 1) return to_text(rt_, value);
    if (value.is_integral()) return format_marked(rt_, value, "c");
    return invalid_argument("%c requires int or char");
  }

  std::string sign(const Conversion& conversion, bool negative) const {
    return negative ? "-" : conversion.plus ? "+" : conversion.space ? " " : "";
  }

  Result<std::string> converted_integer(const Conversion& conversion, const Value& value, int base) {
    Value integer = value;
    if (value.is(Kind::kFloat) && base == 10 && std::fabs(value.as_real()) < 9.2e18) {
      integer = Value::integer(static_cast<std::int64_t>(value.as_real()));
    } else if (!value.is_integral() && !value.is(Kind::kLargeInt)) {
      return invalid_argument("%", std::string_view(&conversion.type, 1), " format: a number is required, not ",
                              type_name(value));
    }
    TENFOLD_ASSIGN_OR_RETURN(std::string digits, magnitude_digits(integer, base));
    if (conversion.precision > static_cast<std::int64_t>(digits.size())) {
      if (conversion.precision > kMaxPercentPrecision)
        return resource_exhausted("precision above ", kMaxPercentPrecision);
      digits.insert(0, static_cast<std::size_t>(conversion.precision) - digits.size(), '0');
    }
    std::string prefix = sign(conversion, integer.is_negative_integer());
    if (conversion.alternate && base == 8) prefix += "0o";
    if (conversion.alternate && base == 16) prefix += conversion.type == 'x' ? "0x" : "0X";
    if (conversion.type == 'X') {
      for (char& c : digits) c = static_cast<char>(c >= 'a' ? c - 32 : c);
    }
    return pad(rt_, prefix, digits, field(conversion, true));
  }

  Result<std::string> converted_real(const Conversion& conversion, const Value& value) {
    double real = 0;
    if (value.is_number()) {
      real = value.as_real();
    } else {
      return invalid_argument("must be real number, not ", type_name(value));
    }
    if (conversion.precision > kMaxPercentPrecision)
      return resource_exhausted("precision above ", kMaxPercentPrecision);
    // The mini-language formats numbers the same way once the sign is taken care of.
    const std::string spec =
        cat(conversion.alternate ? "#" : "", ".", conversion.precision < 0 ? 6 : conversion.precision,
            std::string_view(&conversion.type, 1));
    TENFOLD_ASSIGN_OR_RETURN(const std::string digits, format_with_spec(rt_, Value::real(std::fabs(real)), spec));
    return pad(rt_, sign(conversion, std::signbit(real) && !std::isnan(real)), digits, field(conversion, true));
  }

  Runtime& rt_;
  const MarkedView marked_;
  const std::string_view format_;
  const bool markup_;
  const Value& values_;
  std::size_t at_ = 0;
  std::size_t n_used_ = 0;
  bool named_ = false;
  bool asked_by_given_ = false;  // a byte of a conversion was given
  MarkedText out_;
};

}  // namespace

Result<Value> percent_format(Runtime& rt, const Value& format, const Value& values) {
  PercentFormatter formatter(rt, format, values);
  TENFOLD_ASSIGN_OR_RETURN(MarkedText text, formatter.run());
  return make_string(&rt.heap, std::move(text)).with_markup(format.is_markup());
}

}  // namespace tenfold::jinja
