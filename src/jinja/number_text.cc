#include "jinja/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/contracts.h"
#include "base/error.h"
#include "jinja/string_ops.h"

namespace tenfold::jinja {

namespace {

// Enough for the longest fixed notation of a double with the largest precision that callers pass.
constexpr int kMaxTextPrecision = 400;

// value as to_chars prints it, without limits on length.
std::string print(double value, std::chars_format format, int precision) {
  char buffer[800 + kMaxTextPrecision];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), value, format, std::min(precision, kMaxTextPrecision)).ptr;
  return {buffer, end};
}

// Digits d…d of d.ddd × 10^exponent.
struct Decimal {
  std::string digits;
  int exponent;
};

Decimal read_scientific(std::string_view text) {
  const std::size_t e = text.find('e');
  Decimal decimal{"", 0};
  for (const char c : text.substr(0, e)) {
    if (c != '.') decimal.digits.push_back(c);
  }
  const bool negative = text[e + 1] == '-';
  std::from_chars(text.data() + e + 2, text.data() + text.size(), decimal.exponent);
  if (negative) decimal.exponent = -decimal.exponent;
  return decimal;
}

std::string write_fixed(const Decimal& decimal) {
  const auto n = static_cast<int>(decimal.digits.size());
  if (decimal.exponent < 0)
    return cat("0.", std::string(static_cast<std::size_t>(-decimal.exponent - 1), '0'), decimal.digits);
  if (n <= decimal.exponent + 1)
    return decimal.digits + std::string(static_cast<std::size_t>(decimal.exponent + 1 - n), '0');
  const auto whole = static_cast<std::size_t>(decimal.exponent + 1);
  return cat(decimal.digits.substr(0, whole), ".", decimal.digits.substr(whole));
}

std::string write_scientific(const Decimal& decimal) {
  std::string out = decimal.digits.substr(0, 1);
  if (decimal.digits.size() > 1) out.append(1, '.').append(decimal.digits, 1);
  const int magnitude = std::abs(decimal.exponent);
  out += decimal.exponent < 0 ? "e-" : "e+";
  if (magnitude < 10) out += '0';
  return out + std::to_string(magnitude);
}

std::string format_general(double value, int precision, TrailingZeros zeros) {
  precision = std::max(precision, 1);
  Decimal decimal = read_scientific(print(value, std::chars_format::scientific, precision - 1));
  const bool fixed = decimal.exponent >= -4 && decimal.exponent < precision;
  if (zeros == TrailingZeros::kDrop) {
    while (decimal.digits.size() > 1 && decimal.digits.back() == '0') decimal.digits.pop_back();
  }
  return fixed ? write_fixed(decimal) : write_scientific(decimal);
}

// Text without surrounding white space, sign split off, single underscores between digits removed.
struct Cleaned {
  bool negative = false;
  std::string text;
};

std::optional<Cleaned> clean(std::string_view text) {
  text = strip(text, std::nullopt, Sides::kBoth);
  Cleaned cleaned;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    cleaned.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const auto is_alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      const bool between = i > 0 && i + 1 < text.size() && is_alphanumeric(text[i - 1]) && is_alphanumeric(text[i + 1]);
      if (!between) return std::nullopt;
      continue;
    }
    cleaned.text.push_back(text[i]);
  }
  if (cleaned.text.empty()) return std::nullopt;
  return cleaned;
}

// The base that a prefix such as 0x names, or 0.
int base_of_prefix(std::string_view text) {
  if (text.size() < 3 || text[0] != '0') return 0;
  switch (text[1] | 0x20) {
    case 'x': return 16;
    case 'o': return 8;
    case 'b': return 2;
    default: return 0;
  }
}

}  // namespace

std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), std::fabs(value), std::chars_format::scientific).ptr;
  const Decimal decimal = read_scientific({buffer, static_cast<std::size_t>(end - buffer)});
  std::string out = std::signbit(value) ? "-" : "";
  if (decimal.exponent < -4 || decimal.exponent >= 16) return out + write_scientific(decimal);
  out += write_fixed(decimal);
  return out.find('.') == std::string::npos ? out + ".0" : out;
}

std::string format_float(double value, FloatStyle style, int precision, TrailingZeros zeros) {
  TENFOLD_DCHECK(value >= 0 && precision >= 0 && (style == FloatStyle::kFixed || std::isfinite(value)));
  if (style == FloatStyle::kFixed) return print(value, std::chars_format::fixed, precision);
  if (style == FloatStyle::kScientific) {
    return write_scientific(read_scientific(print(value, std::chars_format::scientific, precision)));
  }
  return format_general(value, precision, zeros);
}

std::string integer_digits(std::uint64_t magnitude, int base) {
  TENFOLD_DCHECK(base == 2 || base == 8 || base == 10 || base == 16);
  char buffer[72];
  return {buffer, std::to_chars(buffer, buffer + sizeof(buffer), magnitude, base).ptr};
}

std::uint64_t magnitude_of(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

Result<std::optional<std::string>> parse_integer(std::string_view text, int base) {
  const std::optional<std::string> not_an_integer;
  auto cleaned = clean(text);
  if (!cleaned) return not_an_integer;
  std::string_view digits = cleaned->text;
  const int prefix = base_of_prefix(digits);
  if (prefix != 0 && (base == 0 || base == prefix)) {
    digits.remove_prefix(2);
    base = prefix;
  }
  const bool leading_zero = digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos;
  if (base == 0 && leading_zero) return not_an_integer;
  if (base == 0) base = 10;
  std::uint64_t magnitude = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  if (end != digits.data() + digits.size() || error == std::errc::invalid_argument) return not_an_integer;
  std::string decimal(digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1)));
  if (error == std::errc()) {
    decimal = integer_digits(magnitude, 10);
  } else if (base != 10 || decimal.size() > kMaxDigits) {
    return unsupported("integer too large: ", printable(text));
  }
  return std::optional(cleaned->negative && decimal != "0" ? "-" + decimal : decimal);
}

std::optional<double> parse_float(std::string_view text) {
  const auto cleaned = clean(text);
  if (!cleaned || cleaned->text[0] == '-' || cleaned->text[0] == '+') return std::nullopt;
  double value = 0;
  const char* const begin = cleaned->text.data();
  const char* const end = begin + cleaned->text.size();
  if (cleaned->text.find('(') != std::string::npos) return std::nullopt;  // nan(…) is not Python's
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too large is infinity and too small is zero, which from_chars leaves to the caller to find out.
    const std::size_t e = cleaned->text.find_first_of("eE");
    const bool tiny = e != std::string::npos && cleaned->text.find('-', e) != std::string::npos;
    value = tiny || cleaned->text.find_first_not_of("0.") == std::string::npos
                ? 0.0
                : std::numeric_limits<double>::infinity();
  }
  return cleaned->negative ? -value : value;
}

double round_float(double value, std::int64_t digits) {
  if (!std::isfinite(value) || digits > 323) return value;
  if (digits < -308) return std::copysign(0.0, value);
  if (digits >= 0) {
    const std::string text = print(std::fabs(value), std::chars_format::fixed, static_cast<int>(digits));
    return std::copysign(parse_float(text).value_or(0.0), value);
  }
  // Half to even at a power of ten: both quotient and remainder of a whole double are exact.
  const double unit = std::pow(10.0, static_cast<double>(-digits));
  const double quotient = std::nearbyint(std::fabs(value) / unit);
  return std::copysign(quotient * unit, value);
}

}  // namespace tenfold::jinja
