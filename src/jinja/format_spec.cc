#include <cmath>

#include "base/contracts.h"
#include "base/error.h"
#include "base/utf8.h"
#include "jinja/format.h"
#include "jinja/number_text.h"
#include "jinja/string_ops.h"
#include "jinja/value_text.h"

namespace tenfold::jinja {

namespace {

constexpr std::int64_t kMaxPrecision = 350;  // more digits than a double has

struct Spec {
  Field field;
  bool align_given = false;
  char sign = '-';
  bool alternate = false;
  char grouping = 0;
  int precision = -1;
  char type = 0;
};

bool is_align(char c) { return c == '<' || c == '>' || c == '^' || c == '='; }

// Digits at text[at], which moves behind them.
Result<std::int64_t> read_number(std::string_view text, std::size_t& at) {
  std::int64_t number = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    number = number * 10 + (text[at] - '0');
    if (number > (std::int64_t{1} << 40)) return resource_exhausted("format specification: number too large");
  }
  return number;
}

Result<Spec> parse_spec(std::string_view text) {
  Spec spec;
  std::size_t at = 0;
  if (!text.empty()) {
    const std::size_t fill_bytes = code_point_bytes(text[0]);
    if (fill_bytes < text.size() && is_align(text[fill_bytes])) {
      spec.field.fill = text.substr(0, fill_bytes);
      spec.field.align = text[fill_bytes];
      spec.align_given = true;
      at = fill_bytes + 1;
    } else if (is_align(text[0])) {
      spec.field.align = text[0];
      spec.align_given = true;
      at = 1;
    }
  }
  const auto next_is = [&](std::string_view any) { return at < text.size() && any.find(text[at]) != any.npos; };
  if (next_is("+- ")) spec.sign = text[at++];
  if (next_is("#")) spec.alternate = text[at++] == '#';
  if (next_is("0")) {
    if (!spec.align_given) spec.field = {"0", '=', 0};
    spec.align_given = true;
    ++at;
  }
  TENFOLD_ASSIGN_OR_RETURN(const std::int64_t width, read_number(text, at));
  spec.field.width = static_cast<std::size_t>(width);
  if (next_is(",_")) spec.grouping = text[at++];
  if (next_is(".")) {
    const std::size_t begin = ++at;
    TENFOLD_ASSIGN_OR_RETURN(const std::int64_t precision, read_number(text, at));
    if (at == begin) return invalid_argument("format specification: missing precision");
    spec.precision = static_cast<int>(std::min(precision, std::int64_t{1} << 30));
  }
  if (at < text.size()) spec.type = text[at++];
  if (at != text.size()) return invalid_argument("invalid format specification '", printable(text), "'");
  return spec;
}

std::string grouped(std::string_view digits, char separator, std::size_t group) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % group == 0) out += separator;
    out += digits[i];
  }
  return out;
}

// With zeros for padding, the zeros are grouped too: 0,000,255. `n_other` characters stand beside the digits.
Result<std::string> grouped_to_width(Runtime& rt, std::string digits, const Spec& spec, std::size_t group,
                                     std::size_t n_other) {
  const bool zeros = spec.field.fill == "0" && spec.field.align == '=';
  if (zeros && spec.field.width > n_other) {
    const std::size_t wanted = spec.field.width - n_other;
    TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(wanted));
    TENFOLD_RETURN_IF_ERROR(rt.budget.work(wanted));
    std::size_t n_digits = wanted - wanted / (group + 1);
    if (wanted % (group + 1) == 0) ++n_digits;  // a separator cannot come first
    if (n_digits > digits.size()) digits.insert(0, n_digits - digits.size(), '0');
  }
  return grouped(digits, spec.grouping, group);
}

std::string upper_ascii(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

std::string sign_text(bool negative, char sign) { return negative ? "-" : sign == '-' ? "" : std::string(1, sign); }

Result<std::string> format_integer(Runtime& rt, const Value& integer, const Spec& spec) {
  int base = 10;
  std::string prefix = sign_text(integer.is_negative_integer(), spec.sign);
  switch (spec.type) {
    case 0:
    case 'd':
    case 'n': break;
    case 'b': base = 2; break;
    case 'o': base = 8; break;
    case 'x':
    case 'X': base = 16; break;
    case 'c': {
      const std::int64_t value = integer.is_integral() ? integer.as_integer() : -1;
      if (value < 0 || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) {
        return invalid_argument("%c: ", printable(integer.digits()), " is no character");
      }
      std::string character;
      append_utf8(character, static_cast<char32_t>(value));
      Field field = spec.field;
      if (!spec.align_given) field.align = '<';
      return pad(rt, "", character, field);
    }
    default: return invalid_argument("unknown format code '", printable({&spec.type, 1}), "' for an integer");
  }
  if (spec.precision >= 0) return invalid_argument("precision is not allowed for an integer");
  if (spec.alternate && base != 10)
    prefix += spec.type == 'b' ? "0b" : spec.type == 'o' ? "0o" : spec.type == 'x' ? "0x" : "0X";
  TENFOLD_ASSIGN_OR_RETURN(std::string digits, magnitude_digits(integer, base));
  if (spec.type == 'X') digits = upper_ascii(std::move(digits));
  if (spec.grouping != 0) {
    TENFOLD_ASSIGN_OR_RETURN(digits, grouped_to_width(rt, std::move(digits), spec, base == 10 ? 3 : 4, prefix.size()));
  }
  return pad(rt, prefix, digits, spec.field);
}

Result<std::string> format_real(Runtime& rt, double value, const Spec& spec) {
  if (spec.precision > kMaxPrecision) return resource_exhausted("precision above ", kMaxPrecision);
  const double magnitude = std::fabs(value);
  const int precision = spec.precision < 0 ? 6 : spec.precision;
  const TrailingZeros zeros = spec.alternate ? TrailingZeros::kKeep : TrailingZeros::kDrop;
  std::string digits;
  if (!std::isfinite(value)) {
    digits = std::isnan(value) ? "nan" : "inf";
    if (spec.type == '%') digits += '%';
  } else {
    switch (spec.type) {
      case 'f':
      case 'F': digits = format_float(magnitude, FloatStyle::kFixed, precision, zeros); break;
      case 'e':
      case 'E': digits = format_float(magnitude, FloatStyle::kScientific, precision, zeros); break;
      case 'g':
      case 'G':
      case 'n': digits = format_float(magnitude, FloatStyle::kGeneral, precision, zeros); break;
      case '%': digits = format_float(magnitude * 100, FloatStyle::kFixed, precision, zeros) + "%"; break;
      case 0:
        digits = spec.precision < 0 ? float_repr(magnitude)
                                    : format_float(magnitude, FloatStyle::kGeneral, precision, zeros);
        if (spec.precision >= 0 && digits.find_first_of(".e") == digits.npos) digits += ".0";
        break;
      default: return invalid_argument("unknown format code '", printable({&spec.type, 1}), "' for a float");
    }
  }
  if (spec.type == 'E' || spec.type == 'G' || spec.type == 'F') digits = upper_ascii(std::move(digits));
  const std::string sign = sign_text(std::signbit(value) && !std::isnan(value), spec.sign);
  if (spec.grouping != 0) {
    const std::size_t whole = std::min(digits.find_first_not_of("0123456789"), digits.size());
    const std::string rest = digits.substr(whole);
    TENFOLD_ASSIGN_OR_RETURN(digits, grouped_to_width(rt, digits.substr(0, whole), spec, 3, sign.size() + rest.size()));
    digits += rest;
  }
  return pad(rt, sign, digits, spec.field);
}

Result<std::string> format_text(Runtime& rt, std::string_view text, Spec spec) {
  if (spec.type != 0 && spec.type != 's') {
    return invalid_argument("unknown format code '", printable({&spec.type, 1}), "' for a string");
  }
  if (spec.sign != '-' || spec.alternate || spec.grouping != 0 ||
      (spec.align_given && spec.field.align == '=' && spec.field.fill != "0")) {
    return invalid_argument("sign, '#', grouping and '=' are not allowed for a string");
  }
  if (!spec.align_given || spec.field.align == '=') spec.field.align = '<';
  if (spec.precision >= 0) text = text.substr(0, byte_of_code_point(text, static_cast<std::size_t>(spec.precision)));
  return pad(rt, "", text, spec.field);
}

}  // namespace

Result<std::string> magnitude_digits(const Value& integer, int base) {
  TENFOLD_DCHECK(integer.is_integral() || integer.is(Kind::kLargeInt));
  if (integer.is_integral()) return integer_digits(magnitude_of(integer.as_integer()), base);
  if (base != 10) return unsupported("integer beyond 64 bits in base ", base);
  return integer.digits().substr(integer.is_negative_integer() ? 1 : 0);
}

Result<std::string> pad(Runtime& rt, std::string_view sign, std::string_view body, const Field& field) {
  TENFOLD_DCHECK(count_code_points(field.fill) == 1 &&
                 std::string_view("<>^=").find(field.align) != std::string_view::npos);
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(body.size()));
  const std::size_t length = sign.size() + count_code_points(body);
  const std::size_t n_missing = field.width > length ? field.width - length : 0;
  std::size_t n_bytes = 0;
  if (__builtin_mul_overflow(n_missing, field.fill.size(), &n_bytes)) n_bytes = SIZE_MAX / 2;
  TENFOLD_RETURN_IF_ERROR(rt.budget.reserve(n_bytes + body.size()));
  TENFOLD_RETURN_IF_ERROR(rt.budget.work(n_bytes));
  const std::size_t n_left = field.align == '<' ? 0 : field.align == '^' ? n_missing / 2 : n_missing;
  std::string out;
  if (field.align == '=') out += sign;
  for (std::size_t i = 0; i < n_left; ++i) out += field.fill;
  if (field.align != '=') out += sign;
  out += body;
  for (std::size_t i = n_left; i < n_missing; ++i) out += field.fill;
  return out;
}

Result<MarkedText> pad(Runtime& rt, const MarkedView& body, const Field& field) {
  TENFOLD_ASSIGN_OR_RETURN(const std::string padded, pad(rt, "", body.text, field));
  MarkedText text;
  if (padded.size() == body.text.size()) {
    text.append(body);
  } else {
    text.append({padded, body.origin == Origin::kTemplate ? Origin::kTemplate : Origin::kGiven});
  }
  return text;
}

Result<MarkedText> format_marked(Runtime& rt, const Value& value, std::string_view spec) {
  if (spec.empty()) return to_text(rt, value);
  MarkedText text;
  TENFOLD_ASSIGN_OR_RETURN(const std::string formatted, format_with_spec(rt, value, spec));
  const bool written = value.is_string() ? value.origin() == Origin::kTemplate : !spec.ends_with('c');
  text.append({formatted, written ? Origin::kTemplate : Origin::kGiven});
  return text;
}

Result<std::string> format_with_spec(Runtime& rt, const Value& value, std::string_view spec_text) {
  TENFOLD_DCHECK(!spec_text.empty());
  TENFOLD_ASSIGN_OR_RETURN(const Spec spec, parse_spec(spec_text));
  const bool real_type = spec.type != 0 && std::string_view("eEfFgG%").find(spec.type) != std::string_view::npos;
  switch (value.kind()) {
    case Kind::kString: return format_text(rt, value.text(), spec);
    case Kind::kInt:
    case Kind::kLargeInt:
    case Kind::kBool:
      if (real_type) return format_real(rt, value.as_real(), spec);
      return format_integer(rt, value, spec);
    case Kind::kFloat: return format_real(rt, value.as_real(), spec);
    default: return invalid_argument("unsupported format specification for ", type_name(value));
  }
}

}  // namespace tenfold::jinja
