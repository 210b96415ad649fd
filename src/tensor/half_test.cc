#include "tensor/half.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tenfold {
namespace {

std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }

// The definition of binary16, in double arithmetic.
double half_by_definition(std::uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int mantissa = half & 1023;
  const double magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST(Half, EveryFiniteValueWidensByDefinition) {
  for (std::uint32_t h = 0; h < 0x10000; ++h) {
    if ((h & 0x7c00) == 0x7c00) continue;
    const auto half = static_cast<std::uint16_t>(h);
    ASSERT_EQ(bits_of(half_to_float(half)), bits_of(static_cast<float>(half_by_definition(half)))) << h;
  }
}

TEST(Half, EveryValueSurvivesTheRoundTrip) {
  for (std::uint32_t h = 0; h < 0x10000; ++h) {
    const auto half = static_cast<std::uint16_t>(h);
    const bool nan = (h & 0x7fff) > 0x7c00;
    ASSERT_EQ(float_to_half(half_to_float(half)), nan ? (half | 0x200) : half) << h;
    ASSERT_EQ(std::isnan(half_to_float(half)), nan) << h;
  }
}

// Between two neighbours lie a tie, which goes to the even one, and its two f32 neighbours, which do not.
TEST(Half, RoundsToNearestEven) {
  for (std::uint32_t h = 0; h < 0x7bff; ++h) {
    const auto low = static_cast<std::uint16_t>(h);
    const auto high = static_cast<std::uint16_t>(h + 1);
    const float tie = (half_to_float(low) + half_to_float(high)) / 2;
    ASSERT_EQ(float_to_half(tie), (h & 1) == 0 ? low : high) << h;
    ASSERT_EQ(float_to_half(std::nextafterf(tie, 0)), low) << h;
    ASSERT_EQ(float_to_half(std::nextafterf(tie, 1e9f)), high) << h;
    ASSERT_EQ(float_to_half(-tie), 0x8000 | ((h & 1) == 0 ? low : high)) << h;
  }
}

TEST(Half, OverflowsToInfinity) {
  EXPECT_EQ(float_to_half(65519.996f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_half(-std::numeric_limits<float>::max()), 0xfc00);
  EXPECT_EQ(float_to_half(std::numeric_limits<float>::infinity()), 0x7c00);
  EXPECT_EQ(half_to_float(0xfc00), -std::numeric_limits<float>::infinity());
}

TEST(Half, TinyNumbersBecomeSignedZero) {
  EXPECT_EQ(float_to_half(-0.0f), 0x8000);
  EXPECT_EQ(float_to_half(std::numeric_limits<float>::denorm_min()), 0);
  EXPECT_EQ(float_to_half(-std::numeric_limits<float>::denorm_min()), 0x8000);
  EXPECT_EQ(float_to_half(0x1p-25f), 0);
  EXPECT_EQ(float_to_half(std::nextafterf(0x1p-25f, 1)), 1);
}

TEST(Half, NanStaysNanAndBecomesQuiet) {
  EXPECT_EQ(float_to_half(std::bit_cast<float>(0x7f800001u)), 0x7e00);
  EXPECT_EQ(float_to_half(std::bit_cast<float>(0xffc02000u)), 0xfe01);
  EXPECT_EQ(bits_of(half_to_float(0x7c01)), 0x7fc02000u);
}

TEST(Bf16, EveryValueSurvivesTheRoundTrip) {
  for (std::uint32_t b = 0; b < 0x10000; ++b) {
    const auto bf16 = static_cast<std::uint16_t>(b);
    const bool nan = (b & 0x7fff) > 0x7f80;
    ASSERT_EQ(float_to_bf16(bf16_to_float(bf16)), nan ? (bf16 | 0x40) : bf16) << b;
  }
}

TEST(Bf16, RoundsToNearestEven) {
  EXPECT_EQ(float_to_bf16(std::bit_cast<float>(0x3f808000u)), 0x3f80);
  EXPECT_EQ(float_to_bf16(std::bit_cast<float>(0x3f808001u)), 0x3f81);
  EXPECT_EQ(float_to_bf16(std::bit_cast<float>(0x3f818000u)), 0x3f82);
  EXPECT_EQ(float_to_bf16(std::bit_cast<float>(0x3f817fffu)), 0x3f81);
  EXPECT_EQ(float_to_bf16(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_EQ(float_to_bf16(std::bit_cast<float>(0x7f800001u)), 0x7fc0);
}

}  // namespace
}  // namespace tenfold
