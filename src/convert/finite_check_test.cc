#include "convert/finite_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tensor/dequantize.h"
#include "tensor/quantize.h"

namespace tenfold {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Status check(DType type, std::vector<float> values) {
  FiniteCheck check(type);
  check.look_at(std::span(values).first(1));
  check.look_at(std::span(values).subspan(1));
  return check.finish("blk.0.x");
}

// The limit is where the type itself gives up, one step below it does not.
TEST(FiniteCheck, KnowsWhatEachTypeCanHold) {
  for (const auto& [type, limit] : {std::pair{DType::kF16, 65520.0F}, std::pair{DType::kBF16, 0x1.ffp127F},
                                    std::pair{DType::kQ8_0, 65520.0F * 127}, std::pair{DType::kQ4_0, 65520.0F * 8}}) {
    for (const float sign : {1.0F, -1.0F}) {
      const float below = std::nextafter(limit, 0.0F);
      std::vector<float> values(32, 0), back(32);
      std::vector<std::byte> blocks(row_bytes(type, 32));
      for (const float value : {below, limit}) {
        values[3] = sign * value;
        ASSERT_TRUE(quantize_row(type, values.data(), 32, blocks.data()).ok());
        dequantize_row(type, blocks.data(), 32, back.data());
        const bool held = std::isfinite(back[3]) && std::isfinite(back[0]);
        EXPECT_EQ(held, value == below) << dtype_traits(type).name << " of " << values[3];
        EXPECT_EQ(check(type, values).ok(), held) << dtype_traits(type).name << " of " << values[3];
      }
    }
  }
  EXPECT_TRUE(check(DType::kF32, {0, std::numeric_limits<float>::max()}).ok());
}

TEST(FiniteCheck, SaysHowManyAndTheLargest) {
  const Status large = check(DType::kF16, {1, 2e5F, -7e5F, 65504});
  EXPECT_EQ(large.code(), StatusCode::kUnsupported);
  EXPECT_EQ(large.message(),
            "tensor blk.0.x: expected numbers that f16 can hold, found 2 beyond it, the largest 7e+05; convert with "
            "--type bf16 or f32");
}

TEST(FiniteCheck, NoTypeHoldsWhatIsNoNumber) {
  const float nan = std::nanf("");
  for (const DType type : {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0}) {
    for (const float value : {nan, -nan, kInfinity, -kInfinity}) {
      const Status status = check(type, {1, value, value, 3e38F});
      EXPECT_EQ(status.code(), StatusCode::kCorruptData);
      EXPECT_NE(status.message().find("found 2 that are infinite or no number"), std::string_view::npos)
          << dtype_traits(type).name << " " << status.to_string();
    }
  }
}

}  // namespace
}  // namespace tenfold
