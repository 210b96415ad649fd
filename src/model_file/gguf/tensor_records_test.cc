#include "model_file/gguf/tensor_records.h"

#include <gtest/gtest.h>

namespace tenfold {
namespace {

GgufTensor tensor(std::string name, std::uint64_t offset, std::uint64_t n_bytes) {
  return {std::move(name), 24, 1, {n_bytes, 1, 1, 1}, offset, n_bytes, 0};
}

TEST(GgmlBlock, KnowsEveryNamedType) {
  for (std::uint32_t type = 0; type < 100; ++type) {
    EXPECT_EQ(ggml_block(type).has_value(), !ggml_type_name(type).empty()) << type;
    if (!ggml_block(type)) continue;
    // No more than 8.5 bits a weight and a scale, no less than one bit.
    const double bits = 8.0 * ggml_block(type)->bytes / ggml_block(type)->elems;
    EXPECT_GE(bits, 1.0) << type;
    EXPECT_LE(bits, ggml_block(type)->elems == 1 ? 64.0 : 9.25) << type;
  }
  EXPECT_EQ(printable_ggml_type(12), "Q4_K (12)");
  EXPECT_EQ(printable_ggml_type(4), "type 4");
}

TEST(PlaceTensors, MakesOffsetsAbsolute) {
  std::vector<GgufTensor> tensors = {tensor("b", 64, 10), tensor("a", 0, 64)};
  ASSERT_TRUE(place_tensors(tensors, {1000, 74}, 32).ok());
  EXPECT_EQ(tensors[0].offset, 1064u);
  EXPECT_EQ(tensors[1].offset, 1000u);
}

TEST(PlaceTensors, SaysWhatIsWrong) {
  std::vector<GgufTensor> tensors = {tensor("a", 33, 10)};
  EXPECT_EQ(place_tensors(tensors, {1000, 100}, 32).message(),
            "tensor a: expected an offset that is a multiple of 32, found 33");
  tensors = {tensor("a", 64, 37)};
  EXPECT_EQ(place_tensors(tensors, {1000, 100}, 32).message(),
            "tensor a: expected 37 bytes at offset 64, found data of 100 bytes");
  tensors = {tensor("a", ~std::uint64_t{31}, 64)};
  EXPECT_EQ(place_tensors(tensors, {1000, 100}, 32).code(), StatusCode::kCorruptData);
  tensors = {tensor("a", 32, 10), tensor("b", 0, 33)};
  EXPECT_EQ(place_tensors(tensors, {1000, 100}, 32).message(),
            "tensor a: expected data behind that of b, which ends at byte 1033, found byte 1032");
  tensors = {tensor("a", 32, 0), tensor("b", 32, 0)};  // sizes that nobody knows
  EXPECT_EQ(place_tensors(tensors, {1000, 100}, 32).code(), StatusCode::kCorruptData);
}

}  // namespace
}  // namespace tenfold
