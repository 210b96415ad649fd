// Numbers to text and back, digit for digit as Python does. Independent of the locale. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenfold/status.h"

namespace tenfold::jinja {

// repr(float): the shortest digits that read back as the same number; "1e+16", "inf", "nan".
std::string float_repr(double value);

// "%.*f", "%.*e" and "%.*g" of a finite, non-negative number, the first also of infinity; precision ≥ 0. kKeep keeps
// the zeros that g drops.
enum class FloatStyle { kFixed, kScientific, kGeneral };
enum class TrailingZeros { kDrop, kKeep };
std::string format_float(double value, FloatStyle style, int precision, TrailingZeros zeros);

// Digits of a magnitude in base 2, 8, 10 or 16, lower case.
std::string integer_digits(std::uint64_t magnitude, int base);
std::uint64_t magnitude_of(std::int64_t value);

// int(text, base) as decimal digits without leading zeros, after '-' if negative. Nothing when the text is no integer.
// Errors: kUnsupported beyond 64 bits in a base that is not 10, and beyond kMaxDigits.
Result<std::optional<std::string>> parse_integer(std::string_view text, int base);
constexpr std::size_t kMaxDigits = 4300;  // what Python reads
// float(text): nothing when the text is no number.
std::optional<double> parse_float(std::string_view text);

// round(value, digits): half to even on the exact decimal expansion.
double round_float(double value, std::int64_t digits);

}  // namespace tenfold::jinja
