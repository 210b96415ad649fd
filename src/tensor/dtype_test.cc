#include "tensor/dtype.h"

#include <gtest/gtest.h>

#include <set>

#include "tensor/quant_blocks.h"

namespace tenfold {
namespace {

TEST(DType, TraitsAgreeWithTheBlocks) {
  const std::pair<DType, std::size_t> sizes[] = {
      {DType::kF32, 4},
      {DType::kF16, 2},
      {DType::kBF16, 2},
      {DType::kQ4_0, sizeof(BlockQ4_0)},
      {DType::kQ4_1, sizeof(BlockQ4_1)},
      {DType::kQ5_0, sizeof(BlockQ5_0)},
      {DType::kQ5_1, sizeof(BlockQ5_1)},
      {DType::kQ8_0, sizeof(BlockQ8_0)},
      {DType::kQ2_K, sizeof(BlockQ2_K)},
      {DType::kQ3_K, sizeof(BlockQ3_K)},
      {DType::kQ4_K, sizeof(BlockQ4_K)},
      {DType::kQ5_K, sizeof(BlockQ5_K)},
      {DType::kQ6_K, sizeof(BlockQ6_K)},
      {DType::kIQ4_NL, sizeof(BlockIQ4_NL)},
      {DType::kIQ4_XS, sizeof(BlockIQ4_XS)},
  };
  EXPECT_EQ(std::size(sizes), static_cast<std::size_t>(kNumDTypes));
  for (const auto& [type, size] : sizes) {
    EXPECT_EQ(dtype_traits(type).block_bytes, size) << dtype_traits(type).name;
    EXPECT_EQ(row_bytes(type, 512), 512 / dtype_traits(type).block_elems * size) << dtype_traits(type).name;
  }
}

TEST(DType, NamesAndNumbersLeadBack) {
  std::set<std::uint32_t> numbers;
  for (int i = 0; i < kNumDTypes; ++i) {
    const auto type = static_cast<DType>(i);
    const DTypeTraits& traits = dtype_traits(type);
    EXPECT_EQ(dtype_from_name(traits.name), type);
    EXPECT_EQ(dtype_from_ggml_id(traits.ggml_id), type);
    EXPECT_FALSE(ggml_type_name(traits.ggml_id).empty());
    EXPECT_TRUE(numbers.insert(traits.ggml_id).second);
    EXPECT_EQ(is_quantized(type), traits.block_elems > 1) << traits.name;
  }
  EXPECT_EQ(dtype_from_name("q4_9"), std::nullopt);
  EXPECT_EQ(dtype_from_ggml_id(4), std::nullopt);
  EXPECT_EQ(ggml_type_name(16), "IQ2_XXS");
  EXPECT_EQ(ggml_type_name(39), "MXFP4");
  EXPECT_EQ(ggml_type_name(41), "Q1_0");
  EXPECT_EQ(ggml_type_name(4), "");
  EXPECT_EQ(ggml_type_name(0xffffffffu), "");
}

}  // namespace
}  // namespace tenfold
