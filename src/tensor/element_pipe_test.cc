#include "tensor/element_pipe.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "tensor/dequantize.h"
#include "tensor/quantize.h"

namespace tenfold {
namespace {

using Transforms = ElementPipe::Transforms;

std::vector<float> some_numbers() {
  std::vector<float> numbers;
  for (int i = 0; i < 64; ++i) numbers.push_back(static_cast<float>(i * i % 37) / 8 - 2);
  return numbers;
}

std::vector<std::byte> as(DType type, const std::vector<float>& numbers) {
  const auto n = static_cast<std::int64_t>(numbers.size());
  std::vector<std::byte> bytes(row_bytes(type, n));
  EXPECT_TRUE(quantize_row(type, numbers.data(), n, bytes.data()).ok());
  return bytes;
}

std::vector<std::byte> passed(ElementPipe pipe, DType from, const std::vector<std::byte>& elements) {
  const auto out = pipe.pass(from, elements);
  EXPECT_TRUE(out.ok()) << out.status().to_string();
  return {out->begin(), out->end()};
}

TEST(ElementPipe, ChangesTypes) {
  const std::vector<float> numbers = some_numbers();
  EXPECT_EQ(passed(ElementPipe(DType::kQ4_0), DType::kF32, as(DType::kF32, numbers)), as(DType::kQ4_0, numbers));
  const std::vector<std::byte> q8 = as(DType::kQ8_0, numbers);
  std::vector<float> read(numbers.size());
  dequantize_row(DType::kQ8_0, q8.data(), 64, read.data());
  EXPECT_EQ(passed(ElementPipe(DType::kF16), DType::kQ8_0, q8), as(DType::kF16, read));
}

// Quantising anew what is quantised would change it.
TEST(ElementPipe, LeavesElementsOfTheWantedTypeAsTheyAre) {
  const std::vector<std::byte> k_quant(row_bytes(DType::kQ4_K, 256), std::byte{0x35});  // which nothing quantises to
  EXPECT_EQ(passed(ElementPipe(DType::kQ4_K), DType::kQ4_K, k_quant), k_quant);
  std::vector<float> seen;
  const auto look = [&](std::span<float> numbers) -> Status {
    seen.assign(numbers.begin(), numbers.end());
    return {};
  };
  EXPECT_EQ(passed(ElementPipe(DType::kQ4_K, look, Transforms::kLook), DType::kQ4_K, k_quant), k_quant);
  std::vector<float> expected(256);
  dequantize_row(DType::kQ4_K, k_quant.data(), 256, expected.data());
  EXPECT_EQ(seen, expected);
}

TEST(ElementPipe, TransformsNumbersOnTheirWay) {
  const std::vector<float> numbers = some_numbers();
  std::vector<float> doubled = numbers;
  for (float& x : doubled) x *= 2;
  const auto twice = [](std::span<float> all) -> Status {
    for (float& x : all) x *= 2;
    return {};
  };
  for (const DType to : {DType::kF32, DType::kQ8_0}) {
    EXPECT_EQ(passed(ElementPipe(to, twice, Transforms::kChange), DType::kF32, as(DType::kF32, numbers)),
              as(to, doubled));
  }
}

TEST(ElementPipe, PassesErrorsOn) {
  const std::vector<std::byte> floats = as(DType::kF32, some_numbers());
  EXPECT_EQ(ElementPipe(DType::kQ4_K).pass(DType::kF32, std::span(floats).first(0)).status().code(),
            StatusCode::kUnsupported);
  ElementPipe refusing(DType::kQ8_0, [](std::span<float>) { return invalid_argument("no"); }, Transforms::kChange);
  EXPECT_EQ(refusing.pass(DType::kF32, floats).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tenfold
