#include "jinja/number_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tenfold::jinja {
namespace {

TEST(NumberText, FloatsAsPythonPrintsThem) {
  EXPECT_EQ(float_repr(1.0), "1.0");
  EXPECT_EQ(float_repr(-0.0), "-0.0");
  EXPECT_EQ(float_repr(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(float_repr(1e15), "1000000000000000.0");
  EXPECT_EQ(float_repr(1e16), "1e+16");
  EXPECT_EQ(float_repr(0.0001), "0.0001");
  EXPECT_EQ(float_repr(0.00001), "1e-05");
  EXPECT_EQ(float_repr(5e-324), "5e-324");
  EXPECT_EQ(float_repr(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(float_repr(-INFINITY), "-inf");
}

TEST(NumberText, ReadsIntegersOfAnyBase) {
  EXPECT_EQ(parse_integer(" -1_000 ", 10).value(), "-1000");
  EXPECT_EQ(parse_integer("0x1F", 16).value(), "31");
  EXPECT_EQ(parse_integer("0b11", 0).value(), "3");
  EXPECT_EQ(parse_integer("-9223372036854775808", 10).value(), "-9223372036854775808");
  EXPECT_EQ(parse_integer("+0_0123456789012345678901", 10).value(), "123456789012345678901");
  EXPECT_EQ(parse_integer("-000", 10).value(), "0");
  EXPECT_EQ(parse_integer("0xffffffffffffffff", 16).value(), "18446744073709551615");
  EXPECT_EQ(parse_integer("0x10000000000000000", 16).status().code(), StatusCode::kUnsupported);
  EXPECT_EQ(parse_integer(std::string(kMaxDigits + 1, '9'), 10).status().code(), StatusCode::kUnsupported);
  for (const char* wrong : {"", "x", "1.5", "1__0", "_1", "1_", "0x", "+", "1 2"}) {
    EXPECT_FALSE(parse_integer(wrong, 10).value().has_value()) << wrong;
  }
}

TEST(NumberText, ReadsFloats) {
  EXPECT_EQ(parse_float(" -1.5e3 "), -1500.0);
  EXPECT_EQ(parse_float("1_0.5"), 10.5);
  EXPECT_EQ(parse_float("1e999"), INFINITY);
  EXPECT_EQ(parse_float("-1e-999"), 0.0);
  EXPECT_EQ(parse_float("Infinity"), INFINITY);
  EXPECT_TRUE(std::isnan(parse_float("nan").value()));
  for (const char* wrong : {"", "x", "1.5.2", "nan(1)", "--1", "0x10"}) EXPECT_FALSE(parse_float(wrong)) << wrong;
}

TEST(NumberText, RoundsHalfToEvenOnTheExactValue) {
  EXPECT_EQ(round_float(2.5, 0), 2.0);
  EXPECT_EQ(round_float(2.675, 2), 2.67);
  EXPECT_EQ(round_float(1250.0, -2), 1200.0);
  EXPECT_EQ(round_float(1e300, 400), 1e300);
  EXPECT_EQ(round_float(123.0, -400), 0.0);
}

}  // namespace
}  // namespace tenfold::jinja
